// AmendTrial: attributes, constraints and intermediate values of a trial that has not ended, waiting or running, whoever has it.

#include <utility>

#include "base/status_macros.h"
#include "server/engine/study/amends.h"
#include "server/engine/study/checks.h"
#include "server/engine/study/leases.h"
#include "server/engine/study/once.h"
#include "server/engine/study/relative_params.h"
#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine::verbs {
namespace {

absl::Status StageAmends(const StudyPtr& study, const AmendTrialCommand& command, Done<std::monostate> done, Answers* now) {
  const auto batch = std::make_shared<Batch>();
  batch->done.push_back(AnswerWith(std::monostate(), std::move(done)));
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  PARZEN_RETURN_IF_ERROR(CheckUnfinished(staged, command.trial.number));
  PARZEN_RETURN_IF_ERROR(CheckAmends(staged, command, command.trial.number));
  const storage::TrialRecord& record = staged.Find(command.trial.number)->record;
  storage::UpdateTrial update;
  update.number = command.trial.number;
  SetAmends(command, record, study->Now(), &update);
  staged.Change(std::move(update), batch.get());
  if (record.state == TrialState::kRunning) RenewLease(study, record);
  *now = study->Queue(batch, command.request, "", -1);
  return absl::OkStatus();
}

void RunAmendTrial(const StudyPtr& study, const AmendTrialCommand& command, Done<std::monostate> done) {
  Answers now;
  if (absl::Status status = StageAmends(study, command, done, &now); !status.ok()) return done(status);
  AnswerNow(now);
  if (HasRelativeParams(command.system_attrs)) {
    study->strand()->Post([study, number = command.trial.number] { TeachRelativeParams(study, number); });
  }
}

absl::StatusOr<std::monostate> RecallAmendTrial(const StudyPtr&, const AmendTrialCommand&, std::string_view) {
  return std::monostate();
}

}  // namespace

void AmendTrial(const StudyPtr& study, AmendTrialCommand command, Done<std::monostate> done) {
  Once<AmendTrialCommand, std::monostate>(study, std::move(command), std::move(done), RunAmendTrial, RecallAmendTrial);
}

}  // namespace parzen::engine::verbs
