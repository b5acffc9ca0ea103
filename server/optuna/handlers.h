// The handlers of optuna.StorageService: each decodes, checks, posts to the engine and returns; the engine's callback answers.

#ifndef PARZEN_SERVER_OPTUNA_HANDLERS_H_
#define PARZEN_SERVER_OPTUNA_HANDLERS_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <utility>

#include "optuna/storage.grpc.pb.h"
#include "server/engine/service.h"
#include "server/optuna/call.h"
#include "server/optuna/run.h"
#include "server/rpc/call.h"
#include "server/security/method.h"

namespace parzen::optuna {

namespace wire = ::optuna;

// Every method by callback and as bytes (rpc/grpc_carrier.h).
template <template <typename> class... Mixins>
struct Compose;
template <>
struct Compose<> {
  using type = wire::StorageService::Service;
};
template <template <typename> class First, template <typename> class... Rest>
struct Compose<First, Rest...> {
  using type = First<typename Compose<Rest...>::type>;
};

using RawStorageService =
    Compose<wire::StorageService::WithRawCallbackMethod_CreateNewStudy, wire::StorageService::WithRawCallbackMethod_DeleteStudy,
            wire::StorageService::WithRawCallbackMethod_SetStudyUserAttribute,
            wire::StorageService::WithRawCallbackMethod_SetStudySystemAttribute,
            wire::StorageService::WithRawCallbackMethod_GetStudyIdFromName,
            wire::StorageService::WithRawCallbackMethod_GetStudyNameFromId,
            wire::StorageService::WithRawCallbackMethod_GetStudyDirections,
            wire::StorageService::WithRawCallbackMethod_GetStudyUserAttributes,
            wire::StorageService::WithRawCallbackMethod_GetStudySystemAttributes,
            wire::StorageService::WithRawCallbackMethod_GetAllStudies, wire::StorageService::WithRawCallbackMethod_CreateNewTrial,
            wire::StorageService::WithRawCallbackMethod_SetTrialParameter,
            wire::StorageService::WithRawCallbackMethod_GetTrialIdFromStudyIdTrialNumber,
            wire::StorageService::WithRawCallbackMethod_SetTrialStateValues,
            wire::StorageService::WithRawCallbackMethod_SetTrialIntermediateValue,
            wire::StorageService::WithRawCallbackMethod_SetTrialUserAttribute,
            wire::StorageService::WithRawCallbackMethod_SetTrialSystemAttribute,
            wire::StorageService::WithRawCallbackMethod_GetTrial, wire::StorageService::WithRawCallbackMethod_GetTrials>::type;

class OptunaHandlers final : public RawStorageService {
 public:
  using Context = grpc::CallbackServerContext;
  using Bytes = grpc::ByteBuffer;
  using Reactor = grpc::ServerUnaryReactor;

  // Both outlive this.
  OptunaHandlers(engine::Service* service, rpc::CallGate* gate) : service_(service), gate_(gate) {}

  Reactor* CreateNewStudy(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* DeleteStudy(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* SetStudyUserAttribute(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* SetStudySystemAttribute(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetStudyIdFromName(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetStudyNameFromId(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetStudyDirections(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetStudyUserAttributes(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetStudySystemAttributes(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetAllStudies(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* CreateNewTrial(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* SetTrialParameter(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetTrialIdFromStudyIdTrialNumber(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* SetTrialStateValues(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* SetTrialIntermediateValue(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* SetTrialUserAttribute(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* SetTrialSystemAttribute(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetTrial(Context* context, const Bytes* request, Bytes* response) override;
  Reactor* GetTrials(Context* context, const Bytes* request, Bytes* response) override;

 private:
  // Admits a call and hands it to `then(call)`, which ends it.
  template <typename Request, typename Then>
  Reactor* Run(const security::Method& method, Context* context, const Bytes* bytes, Bytes* response, Then then);
  // See run.h.
  void WithStudy(rpc::UnaryCall* call, int64_t study_id, std::function<void(const engine::StudyRef&)> then) {
    optuna::WithStudy(service_, call, study_id, std::move(then));
  }
  // The same with all that there is to say of the study.
  void WithFace(rpc::UnaryCall* call, int64_t study_id, std::function<void(const engine::Study&)> then);
  // Sets one attribute of a study.
  void UpdateStudy(rpc::UnaryCall* call, int64_t study_id, engine::UpdateStudyCommand command,
                   std::function<void(rpc::UnaryCall*)> answer);
  // Changes something of a trial.
  void Amend(rpc::UnaryCall* call, int64_t trial_id, engine::AmendTrialCommand command,
             std::function<void(rpc::UnaryCall*)> answer);

  engine::Service* const service_;
  rpc::CallGate* const gate_;
};

// --------------------------------------------------------------------------------------------------------------------------------

template <typename Request, typename Then>
OptunaHandlers::Reactor* OptunaHandlers::Run(const security::Method& method, Context* context, const Bytes* bytes,
                                             Bytes* response, Then then) {
  return RunCall<Request>(method, gate_, context, bytes, response, std::move(then));
}

}  // namespace parzen::optuna

#endif  // PARZEN_SERVER_OPTUNA_HANDLERS_H_
