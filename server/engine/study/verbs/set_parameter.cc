// SetParameter: a value that the client chose, for a trial that has not ended. It may be set again.

#include <utility>

#include "base/status_macros.h"
#include "server/engine/study/checks.h"
#include "server/engine/study/chosen_params.h"
#include "server/engine/study/once.h"
#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine::verbs {
namespace {

// A trial that has ended is refused before its distribution is looked at, as in Optuna. `teaches`: the learner has a row for it
// that runs.
absl::Status StageParameter(const StudyPtr& study, const SetParameterCommand& command, Done<std::monostate> done, bool* teaches,
                            Answers* now) {
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  PARZEN_RETURN_IF_ERROR(CheckUnfinished(staged, command.trial.number));
  PARZEN_RETURN_IF_ERROR(CheckChosen(study->learner(), command.param));
  LiveTrial* live = staged.Find(command.trial.number);
  storage::UpdateTrial update;
  update.number = command.trial.number;
  update.params = live->record.params;
  SetChosen(command.param, &*update.params);
  if (std::erase_if(live->stored.given, [&](const auto& given) { return given.first == command.param.name; }) > 0) {
    update.sampler_draft = StoredDraftToJson(live->stored);
  }
  const auto batch = std::make_shared<Batch>();
  batch->done.push_back(AnswerWith(std::monostate(), std::move(done)));
  staged.Change(std::move(update), batch.get());
  *teaches = live->record.state == TrialState::kRunning || live->record.attempt > 0;
  *now = study->Queue(batch, command.request, "", -1);
  return absl::OkStatus();
}

void RunSetParameter(const StudyPtr& study, const SetParameterCommand& command, Done<std::monostate> done) {
  Answers now;
  bool teaches = false;
  if (absl::Status status = StageParameter(study, command, done, &teaches, &now); !status.ok()) return done(status);
  AnswerNow(now);
  const ChosenParam& param = command.param;
  if (teaches) study->learner().SetParameter(command.trial.number, param.name, param.distribution, param.value);
}

absl::StatusOr<std::monostate> RecallSetParameter(const StudyPtr&, const SetParameterCommand&, std::string_view) {
  return std::monostate();
}

}  // namespace

void SetParameter(const StudyPtr& study, SetParameterCommand command, Done<std::monostate> done) {
  Once<SetParameterCommand, std::monostate>(study, std::move(command), std::move(done),
                                            OnIdleStrand<SetParameterCommand, std::monostate, RunSetParameter>,
                                            RecallSetParameter);
}

}  // namespace parzen::engine::verbs
