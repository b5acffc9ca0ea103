// How a handler of this front runs: what is common to its services.

#ifndef PARZEN_SERVER_OPTUNA_RUN_H_
#define PARZEN_SERVER_OPTUNA_RUN_H_

#include <grpcpp/grpcpp.h>

#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/call_context.h"
#include "server/engine/service.h"
#include "server/error/error.h"
#include "server/optuna/call.h"
#include "server/rpc/call.h"
#include "server/rpc/grpc_carrier.h"
#include "server/security/method.h"

namespace parzen::optuna {

// No exception leaves an answer's making: it ends the call.
template <typename Make>
void Guarded(rpc::UnaryCall* call, Make make) {
  absl::Status failure;
  try {
    make();
    return;
  } catch (const std::bad_alloc&) {
    failure = error::OverLimit("LIMIT_MEMORY", "the server has no memory left for this call; try again");
  } catch (const std::exception& error) {
    failure = absl::InternalError(absl::StrCat("unexpected: ", error.what()));
  }
  call->Fail(failure);
}

template <typename Response>
void AnswerEmpty(rpc::UnaryCall* call) {
  call->Answer(*call->MakeResponse<Response>());
}

// The study with an id, where the caller may touch it: `then(study)`; otherwise the call fails.
void WithStudy(engine::Service* service, rpc::UnaryCall* call, int64_t study_id,
               std::function<void(const engine::StudyRef&)> then);

// One of the study's trials by its id.
inline engine::TrialRef RefOf(const engine::StudyRef& study, int64_t trial_id) { return {study.uid, NumberOfTrial(trial_id)}; }

// Admits a call and hands it to `then(call)`, which ends it.
template <typename Request, typename Then>
grpc::ServerUnaryReactor* RunCall(const security::Method& method, rpc::CallGate* gate, grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* bytes, grpc::ByteBuffer* response, Then then) {
  auto carrier = std::make_unique<rpc::GrpcCarrier>(context, bytes, response);
  grpc::ServerUnaryReactor* const reactor = carrier->reactor();
  auto* const call = new Call<Request>(method, gate, std::move(carrier));
  const CallScope scope(call->context());
  Guarded(call, [&] {
    if (absl::Status open = call->Open(); !open.ok()) return call->Fail(open);
    then(call);
  });
  return reactor;
}

}  // namespace parzen::optuna

#endif  // PARZEN_SERVER_OPTUNA_RUN_H_
