// The handlers of parzen.v1.Optimizer: each decodes, checks, posts to the engine and returns; the engine's callback answers.

#ifndef PARZEN_SERVER_OPTIMIZER_HANDLERS_H_
#define PARZEN_SERVER_OPTIMIZER_HANDLERS_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string_view>

#include "parzen/v1/parzen.grpc.pb.h"
#include "server/engine/service.h"
#include "server/optimizer/watch.h"
#include "server/rpc/call.h"
#include "server/security/method.h"

namespace parzen::optimizer {

// Every method by callback and as bytes (see call.h).
template <template <typename> class... Mixins>
struct Compose;
template <>
struct Compose<> {
  using type = v1::Optimizer::Service;
};
template <template <typename> class First, template <typename> class... Rest>
struct Compose<First, Rest...> {
  using type = First<typename Compose<Rest...>::type>;
};

using RawOptimizer =
    Compose<v1::Optimizer::WithRawCallbackMethod_CreateStudy, v1::Optimizer::WithRawCallbackMethod_GetStudy,
            v1::Optimizer::WithRawCallbackMethod_ListStudies, v1::Optimizer::WithRawCallbackMethod_UpdateStudy,
            v1::Optimizer::WithRawCallbackMethod_DeleteStudy, v1::Optimizer::WithRawCallbackMethod_Ask,
            v1::Optimizer::WithRawCallbackMethod_Tell, v1::Optimizer::WithRawCallbackMethod_Report,
            v1::Optimizer::WithRawCallbackMethod_Heartbeat, v1::Optimizer::WithRawCallbackMethod_StopTrial,
            v1::Optimizer::WithRawCallbackMethod_Enqueue, v1::Optimizer::WithRawCallbackMethod_AddTrials,
            v1::Optimizer::WithRawCallbackMethod_Suggest, v1::Optimizer::WithRawCallbackMethod_UpdateTrial,
            v1::Optimizer::WithRawCallbackMethod_GetTrial, v1::Optimizer::WithRawCallbackMethod_ListTrials,
            v1::Optimizer::WithRawCallbackMethod_BestTrials, v1::Optimizer::WithRawCallbackMethod_ExplainTrial,
            v1::Optimizer::WithRawCallbackMethod_WatchStudy, v1::Optimizer::WithRawCallbackMethod_GetServerInfo>::type;

class OptimizerHandlers final : public RawOptimizer {
 public:
  using Context = grpc::CallbackServerContext;
  using Bytes = grpc::ByteBuffer;
  using Reactor = grpc::ServerUnaryReactor;

  // All outlive this.
  OptimizerHandlers(engine::Service* service, rpc::CallGate* gate, WatchRegistry* watches);

  Reactor* CreateStudy(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetStudy(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* ListStudies(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* UpdateStudy(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* DeleteStudy(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* Ask(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* Tell(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* Report(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* Heartbeat(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* StopTrial(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* Enqueue(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* AddTrials(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* Suggest(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* UpdateTrial(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetTrial(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* ListTrials(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* BestTrials(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* ExplainTrial(Context* context, const Bytes* request, Bytes* response) override;
  grpc::ServerWriteReactor<Bytes>* WatchStudy(Context* context, const Bytes* request) override;
  Reactor* GetServerInfo(Context* context, const Bytes* request, Bytes* response) override;

 private:
  template <typename Request, typename Post>
  Reactor* Run(const security::Method& method, Context* context, const Bytes* bytes, Bytes* response, Post post);
  // Admits a watch and decodes its request.
  absl::StatusOr<engine::WatchCommand> OpenWatch(const Bytes& request, const Context& context, security::Caller* caller);

  engine::Service* const service_;
  rpc::CallGate* const gate_;
  WatchRegistry* const watches_;
  const int64_t start_micros_;
};

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_HANDLERS_H_
