// AdvanceTrial: parameters, attributes, intermediate values and the end of a running trial, as far as there is something of each,
// in one transaction.

#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "server/engine/study/amends.h"
#include "server/engine/study/checks.h"
#include "server/engine/study/chosen_params.h"
#include "server/engine/study/client_end.h"
#include "server/engine/study/leases.h"
#include "server/engine/study/once.h"
#include "server/engine/study/read_trials.h"
#include "server/engine/study/relative_params.h"
#include "server/engine/study/sampling.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine::verbs {
namespace {

// The answer of a trial that goes on has its intermediate values as long as they are few.
constexpr size_t kMostIntermediates = 100;

absl::Status CheckAdvance(const StudyPtr& study, const AdvanceTrialCommand& command) REQUIRES(study->mutex()) {
  StagedStudy& staged = study->rooms().staged;
  PARZEN_RETURN_IF_ERROR(CheckUnfinished(staged, command.trial.number));
  if (staged.Find(command.trial.number)->record.state != TrialState::kRunning) {
    return error::Precondition("TRIAL_NOT_RUNNING", "the trial waits; one that runs is accepted");
  }
  PARZEN_RETURN_IF_ERROR(CheckAmends(staged, command.amend, command.trial.number));
  for (const ChosenParam& param : command.params) PARZEN_RETURN_IF_ERROR(CheckChosen(study->learner(), param));
  if (!command.end) return absl::OkStatus();
  if (*command.end < TrialState::kComplete) return error::BadField("end", "is no state of a trial that has ended");
  return CheckEndValues(*command.end, command.values, staged.face().definition->directions.size());
}

storage::UpdateTrial UpdateOf(const StudyPtr& study, const AdvanceTrialCommand& command, LiveTrial* live)
    REQUIRES(study->mutex()) {
  storage::UpdateTrial update;
  update.number = command.trial.number;
  SetAmends(command.amend, live->record, study->Now(), &update);
  if (command.end) {
    const size_t objectives = study->rooms().staged.face().definition->directions.size();
    SetEnd(*command.end, command.values, objectives, live->record, study->Now(), &update);
  }
  if (command.params.empty()) return update;
  update.params = live->record.params;
  size_t given = 0;
  for (const ChosenParam& param : command.params) {
    SetChosen(param, &*update.params);
    given += std::erase_if(live->stored.given, [&](const auto& entry) { return entry.first == param.name; });
  }
  if (given > 0) update.sampler_draft = StoredDraftToJson(live->stored);
  return update;
}

absl::Status StageAdvance(const StudyPtr& study, const AdvanceTrialCommand& command, Done<AdvanceTrialAnswer> done,
                          Answers* now) {
  const auto batch = std::make_shared<Batch>();
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  PARZEN_RETURN_IF_ERROR(CheckAdvance(study, command));
  StagedStudy& staged = study->rooms().staged;
  const int64_t number = command.trial.number;
  LiveTrial* live = staged.Find(number);
  staged.Change(UpdateOf(study, command, live), batch.get());
  const storage::TrialRecord& record = live->record;
  if (record.state == TrialState::kRunning) RenewLease(study, record);
  AdvanceTrialAnswer answer;
  if (command.end || record.intermediates.size() <= kMostIntermediates) {
    PARZEN_ASSIGN_OR_RETURN(answer.trial, MakeTrial(study->identity(), record, study->distributions()));
  }
  batch->done.push_back(AnswerWith(std::move(answer), std::move(done)));
  if (command.end) {
    study->ArmLeases();
    staged.FinishIfDue(study->Now(), batch.get());
    PrepareInBackground(study);
  }
  *now = study->Queue(batch, command.request, "", number);
  return absl::OkStatus();
}

void RunAdvance(const StudyPtr& study, const AdvanceTrialCommand& command, Done<AdvanceTrialAnswer> done) {
  Answers now;
  if (absl::Status status = StageAdvance(study, command, done, &now); !status.ok()) return done(status);
  AnswerNow(now);
  Learner& learner = study->learner();
  for (const ChosenParam& param : command.params) {
    learner.SetParameter(command.trial.number, param.name, param.distribution, param.value);
  }
  if (HasRelativeParams(command.amend.system_attrs)) TeachRelativeParams(study, command.trial.number);
}

// As the trial is by now.
absl::StatusOr<AdvanceTrialAnswer> RecallAdvance(const StudyPtr& study, const AdvanceTrialCommand& command, std::string_view) {
  const std::vector<int64_t> numbers = {command.trial.number};
  PARZEN_ASSIGN_OR_RETURN(std::vector<Trial> trials, engine::ReadTrials(study, numbers, View::kFull));
  if (trials.empty()) return AdvanceTrialAnswer();
  return AdvanceTrialAnswer{std::move(trials.front())};
}

}  // namespace

void AdvanceTrial(const StudyPtr& study, AdvanceTrialCommand command, Done<AdvanceTrialAnswer> done) {
  Once<AdvanceTrialCommand, AdvanceTrialAnswer>(study, std::move(command), std::move(done),
                                                OnIdleStrand<AdvanceTrialCommand, AdvanceTrialAnswer, RunAdvance>, RecallAdvance);
}

}  // namespace parzen::engine::verbs
