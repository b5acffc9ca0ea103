#include "server/optuna/run.h"

#include <utility>

namespace parzen::optuna {

void WithStudy(engine::Service* service, rpc::UnaryCall* call, int64_t study_id,
               std::function<void(const engine::StudyRef&)> then) {
  service->FindStudy(study_id, [call, then = std::move(then)](absl::StatusOr<engine::StudyRef> study) {
    if (!study.ok()) return call->Fail(study.status());
    if (absl::Status allowed = call->caller().CheckStudy(study->name); !allowed.ok()) return call->Fail(allowed);
    const CallScope scope(call->context());
    Guarded(call, [&] { then(*study); });
  });
}

}  // namespace parzen::optuna
