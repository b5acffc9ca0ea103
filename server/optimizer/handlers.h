// The handlers of parzen.v1.Optimizer: each decodes, checks, posts to the engine and returns; the engine's callback answers. The
// same ones serve every transport: they are handed what carries the call.

#ifndef PARZEN_SERVER_OPTIMIZER_HANDLERS_H_
#define PARZEN_SERVER_OPTIMIZER_HANDLERS_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "server/engine/service.h"
#include "server/optimizer/watch.h"
#include "server/rpc/call.h"
#include "server/rpc/carrier.h"
#include "server/security/gate.h"
#include "server/security/method.h"

namespace parzen::optimizer {

// Thread safe.
class Handlers {
 public:
  using Carrier = std::unique_ptr<rpc::Carrier>;

  // All outlive this.
  Handlers(engine::Service* service, rpc::CallGate* gate, WatchRegistry* watches);

  void CreateStudy(Carrier carrier);
  void GetStudy(Carrier carrier);
  void ListStudies(Carrier carrier);
  void UpdateStudy(Carrier carrier);
  void DeleteStudy(Carrier carrier);
  void Ask(Carrier carrier);
  void Tell(Carrier carrier);
  void Report(Carrier carrier);
  void Heartbeat(Carrier carrier);
  void StopTrial(Carrier carrier);
  void Enqueue(Carrier carrier);
  void AddTrials(Carrier carrier);
  void Suggest(Carrier carrier);
  void UpdateTrial(Carrier carrier);
  void GetTrial(Carrier carrier);
  void ListTrials(Carrier carrier);
  void BestTrials(Carrier carrier);
  void RecommendTrials(Carrier carrier);
  void GetImportances(Carrier carrier);
  void ExplainTrial(Carrier carrier);
  void GetServerInfo(Carrier carrier);
  void WatchStudy(std::unique_ptr<rpc::StreamCarrier> carrier);

 private:
  template <typename Request, typename Post>
  void Run(const security::Method& method, Carrier carrier, Post post);
  // Admits a watch and decodes its request.
  absl::StatusOr<engine::WatchCommand> OpenWatch(rpc::StreamCarrier* carrier, security::Caller* caller);

  engine::Service* const service_;
  rpc::CallGate* const gate_;
  WatchRegistry* const watches_;
  const int64_t start_micros_;
};

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_HANDLERS_H_
