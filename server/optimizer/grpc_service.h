// parzen.v1.Optimizer as gRPC has it: each method takes its call as bytes and hands it to its handler (handlers.h).

#ifndef PARZEN_SERVER_OPTIMIZER_GRPC_SERVICE_H_
#define PARZEN_SERVER_OPTIMIZER_GRPC_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <memory>

#include "parzen/v1/parzen.grpc.pb.h"
#include "server/optimizer/handlers.h"

namespace parzen::optimizer {

// Every method by callback and as bytes (rpc/grpc_carrier.h).
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
            v1::Optimizer::WithRawCallbackMethod_BestTrials, v1::Optimizer::WithRawCallbackMethod_RecommendTrials,
            v1::Optimizer::WithRawCallbackMethod_GetImportances, v1::Optimizer::WithRawCallbackMethod_ExplainTrial,
            v1::Optimizer::WithRawCallbackMethod_WatchStudy, v1::Optimizer::WithRawCallbackMethod_GetServerInfo>::type;

class GrpcService final : public RawOptimizer {
 public:
  using Context = grpc::CallbackServerContext;
  using Bytes = grpc::ByteBuffer;
  using Reactor = grpc::ServerUnaryReactor;

  // `handlers` outlives this.
  explicit GrpcService(Handlers* handlers) : handlers_(handlers) {}

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
  Reactor* RecommendTrials(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetImportances(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* ExplainTrial(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetServerInfo(Context* context, const Bytes* request, Bytes* response) override;
  grpc::ServerWriteReactor<Bytes>* WatchStudy(Context* context, const Bytes* request) override;

 private:
  Reactor* Run(Context* context, const Bytes* request, Bytes* response, void (Handlers::*handler)(Handlers::Carrier));

  Handlers* const handlers_;
};

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_GRPC_SERVICE_H_
