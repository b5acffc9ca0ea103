// StopTrial: asks a running trial's worker to stop; it learns so from its next Report or Heartbeat.

#include <utility>

#include "base/status_macros.h"
#include "server/engine/study/checks.h"
#include "server/engine/study/once.h"
#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine::verbs {
namespace {

absl::Status StageStop(const StudyPtr& study, const StopTrialCommand& command, BatchPtr batch, Answers* now) {
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  PARZEN_RETURN_IF_ERROR(CheckRunning(staged, command.trial, "trial"));
  if (!staged.Find(command.trial.number)->record.stop_requested) {
    storage::UpdateTrial update;
    update.number = command.trial.number;
    update.stop_requested = true;
    staged.Change(std::move(update), batch.get());
  }
  *now = study->Queue(std::move(batch), command.request, "", -1);
  return absl::OkStatus();
}

void RunStopTrial(const StudyPtr& study, const StopTrialCommand& command, Done<std::monostate> done) {
  const auto batch = std::make_shared<Batch>();
  batch->done.push_back(AnswerWith(std::monostate(), done));
  Answers now;
  if (absl::Status status = StageStop(study, command, batch, &now); !status.ok()) return done(status);
  AnswerNow(now);
}

absl::StatusOr<std::monostate> RecallStopTrial(const StudyPtr&, const StopTrialCommand&, std::string_view) {
  return std::monostate();
}

}  // namespace

void StopTrial(const StudyPtr& study, StopTrialCommand command, Done<std::monostate> done) {
  Once<StopTrialCommand, std::monostate>(study, std::move(command), std::move(done), RunStopTrial, RecallStopTrial);
}

}  // namespace parzen::engine::verbs
