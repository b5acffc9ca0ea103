// The handlers of parzen.v1.OptunaTrials.

#ifndef PARZEN_SERVER_OPTUNA_TRIALS_HANDLERS_H_
#define PARZEN_SERVER_OPTUNA_TRIALS_HANDLERS_H_

#include <grpcpp/grpcpp.h>

#include "parzen/v1/optuna.grpc.pb.h"
#include "server/engine/service.h"
#include "server/rpc/call.h"

namespace parzen::optuna {

namespace v1 = ::parzen::v1;

using RawTrialsService = v1::OptunaTrials::WithRawCallbackMethod_BeginTrial<v1::OptunaTrials::WithRawCallbackMethod_SampleJoint<
    v1::OptunaTrials::WithRawCallbackMethod_SampleParameter<v1::OptunaTrials::WithRawCallbackMethod_AdvanceTrial<
        v1::OptunaTrials::WithRawCallbackMethod_GetWaitingTrials<v1::OptunaTrials::Service>>>>>;

class OptunaTrialsHandlers final : public RawTrialsService {
 public:
  using Context = grpc::CallbackServerContext;
  using Bytes = grpc::ByteBuffer;
  using Reactor = grpc::ServerUnaryReactor;

  // Both outlive this.
  OptunaTrialsHandlers(engine::Service* service, rpc::CallGate* gate) : service_(service), gate_(gate) {}

  Reactor* BeginTrial(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* SampleJoint(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* SampleParameter(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* AdvanceTrial(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetWaitingTrials(Context* context, const Bytes* request, Bytes* response) override;

 private:
  engine::Service* const service_;
  rpc::CallGate* const gate_;
};

}  // namespace parzen::optuna

#endif  // PARZEN_SERVER_OPTUNA_TRIALS_HANDLERS_H_
