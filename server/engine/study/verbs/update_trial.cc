// UpdateTrial: attributes in any state, constraints while it runs.

#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "server/engine/attributes.h"
#include "server/engine/study/checks.h"
#include "server/engine/study/once.h"
#include "server/engine/study/read_trials.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine::verbs {
namespace {

// `ended`: the trial's record where it has ended durably and was read. False, and nothing done, where it has to be.
absl::StatusOr<bool> StageUpdate(const StudyPtr& study, const UpdateTrialCommand& command, const storage::TrialRecord* ended,
                                 BatchPtr batch, Answers* now) {
  const int64_t number = command.trial.number;
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  PARZEN_RETURN_IF_ERROR(CheckNumber(staged, number));
  if (!command.constraints.empty()) PARZEN_RETURN_IF_ERROR(CheckRunning(staged, command.trial, "trial"));
  const LiveTrial* live = staged.Find(number);
  if (live == nullptr && ended == nullptr) return false;
  const storage::TrialRecord& record = live == nullptr ? *ended : live->record;
  PARZEN_RETURN_IF_ERROR(CheckAttributeCount("user_attrs", record.user_attrs, command.user_attrs));
  PARZEN_RETURN_IF_ERROR(CheckAttributeCount("system_attrs", record.system_attrs, command.system_attrs));
  storage::UpdateTrial update;
  update.number = number;
  update.user_attrs = AttributeChanges(command.user_attrs);
  update.system_attrs = AttributeChanges(command.system_attrs);
  if (!command.constraints.empty()) {
    update.constraints = record.constraints;
    SetNamed(command.constraints, &*update.constraints);
  }
  staged.Change(std::move(update), batch.get());
  *now = study->Queue(std::move(batch), command.request, "", -1);
  return true;
}

void UpdateKnowing(const StudyPtr& study, const UpdateTrialCommand& command, const storage::TrialRecord* ended,
                   Done<Trial> done) {
  const auto batch = std::make_shared<Batch>();
  batch->done.push_back([study, number = command.trial.number, done](const absl::Status& committed) {
    if (!committed.ok()) return done(committed);
    GetTrial(study, {study->identity().name, number, storage::View::kFull}, done);
  });
  Answers now;
  const absl::StatusOr<bool> staged = StageUpdate(study, command, ended, batch, &now);
  if (!staged.ok()) return done(staged.status());
  if (*staged) return AnswerNow(now);
  // Its attributes are not in memory: they are read for their number to be checked.
  study->context().readers->Post([study, command, done = std::move(done)] {
    const absl::StatusOr<std::vector<storage::TrialRecord>> read =
        study->context().storage->ReadTrials(study->identity().uid, std::span(&command.trial.number, 1), storage::View::kFull);
    if (!read.ok()) return done(error::FromStorage(read.status()));
    UpdateKnowing(study, command, &read->front(), done);
  });
}

void RunUpdateTrial(const StudyPtr& study, const UpdateTrialCommand& command, Done<Trial> done) {
  UpdateKnowing(study, command, nullptr, std::move(done));
}

// The trial as it is now: what a repeat wants is that its change is there, once.
absl::StatusOr<Trial> RecallUpdateTrial(const StudyPtr& study, const UpdateTrialCommand& command, std::string_view) {
  PARZEN_ASSIGN_OR_RETURN(std::vector<Trial> trials,
                          ReadTrials(study, std::span(&command.trial.number, 1), storage::View::kFull));
  return std::move(trials.front());
}

}  // namespace

void UpdateTrial(const StudyPtr& study, UpdateTrialCommand command, Done<Trial> done) {
  Once<UpdateTrialCommand, Trial>(study, std::move(command), std::move(done), RunUpdateTrial, RecallUpdateTrial);
}

}  // namespace parzen::engine::verbs
