// SetTrialState: takes a waiting trial (a compare-and-set: false for whoever comes second), ends a trial, or puts a running one
// back.
//
// A running trial is ended on the caller's thread, as Tell does it. Whatever begins or puts back a row of the learner is the
// strand's.

#include <utility>

#include "base/status_macros.h"
#include "server/engine/study/checks.h"
#include "server/engine/study/client_end.h"
#include "server/engine/study/leases.h"
#include "server/engine/study/once.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/sampling.h"
#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine::verbs {
namespace {

struct Staging {
  bool on_strand = false;
  bool needs_strand = false;                // and nothing was done
  bool parked = false;                      // the trial waits again
  std::vector<storage::ParamRecord> given;  // of a waiting trial that begins or ends now
  bool begun = false;
  Answers now;
};

storage::UpdateTrial StartOf(const SetTrialStateCommand& command, int64_t revision, int64_t now) {
  storage::UpdateTrial update;
  update.number = command.trial.number;
  update.state = TrialState::kRunning;
  update.started_at = now;
  update.worker = command.worker;
  update.principal = command.principal;
  update.lease_micros = command.lease_micros.value_or(0);
  update.sampled_at_revision = revision;
  return update;
}

// What becomes of the trial; nullopt for nothing.
std::optional<storage::UpdateTrial> ChangeOf(const StudyPtr& study, const SetTrialStateCommand& command,
                                             const storage::TrialRecord& record) REQUIRES(study->mutex()) {
  const StagedStudy& staged = study->rooms().staged;
  const TrialState state = record.state;
  if (command.state >= TrialState::kComplete) {
    storage::UpdateTrial update;
    update.number = command.trial.number;
    SetEnd(command.state, command.values, staged.face().definition->directions.size(), record, study->Now(), &update);
    return update;
  }
  if (command.state == TrialState::kRunning) {
    // A study that is paused or finished hands nothing out.
    if (state != TrialState::kWaiting || staged.face().state != StudyState::kActive) return std::nullopt;
    return StartOf(command, staged.revision(), study->Now());
  }
  if (state == TrialState::kWaiting) return std::nullopt;
  storage::UpdateTrial update;
  update.number = command.trial.number;
  update.state = TrialState::kWaiting;
  update.lease_micros = 0;
  return update;
}

absl::Status StageState(const StudyPtr& study, const SetTrialStateCommand& command, const Done<bool>& done, Staging* staging) {
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  const int64_t number = command.trial.number;
  PARZEN_RETURN_IF_ERROR(CheckUnfinished(staged, number));
  PARZEN_RETURN_IF_ERROR(CheckEndValues(command.state, command.values, staged.face().definition->directions.size()));
  const storage::TrialRecord& record = staged.Find(number)->record;
  const bool waiting = record.state == TrialState::kWaiting;
  std::optional<storage::UpdateTrial> update = ChangeOf(study, command, record);
  staging->needs_strand = !staging->on_strand && update && (waiting || command.state == TrialState::kWaiting);
  if (staging->needs_strand) return absl::OkStatus();
  // Only taking a trial can come too late.
  const bool updated = command.state != TrialState::kRunning || update.has_value();
  const auto batch = std::make_shared<Batch>();
  batch->done.push_back(AnswerWith(updated, done));
  if (update) {
    staging->begun = waiting;
    staging->parked = command.state == TrialState::kWaiting;
    if (waiting) staging->given = record.params;
    staged.Change(*std::move(update), batch.get());
    if (command.state == TrialState::kRunning) RenewLease(study, staged.Find(number)->record);
    study->ArmLeases();
    staged.FinishIfDue(study->Now(), batch.get());
    if (command.state >= TrialState::kComplete) PrepareInBackground(study);
  }
  const std::string result = command.request.id ? ResultWriter().Int(int64_t{updated}).Take() : "";
  staging->now = study->Queue(batch, command.request, result, number);
  return absl::OkStatus();
}

// The learner's row follows; on the strand.
void Teach(const StudyPtr& study, int64_t number, const Staging& staging) {
  Learner& learner = study->learner();
  if (staging.parked) return learner.Park(number);
  if (!staging.begun) return;
  learner.BeginGiven(number);
  for (const storage::ParamRecord& param : staging.given) {
    const auto distribution = study->distributions()->Find(param.distribution);
    if (distribution.ok()) learner.SetParameter(number, param.name, **distribution, param.value);
  }
}

void RunOnStrand(const StudyPtr& study, const SetTrialStateCommand& command, Done<bool> done) {
  Staging staging;
  staging.on_strand = true;
  if (absl::Status status = StageState(study, command, done, &staging); !status.ok()) return done(status);
  AnswerNow(staging.now);
  Teach(study, command.trial.number, staging);
}

void RunSetTrialState(const StudyPtr& study, const SetTrialStateCommand& command, Done<bool> done) {
  Staging staging;
  if (absl::Status status = StageState(study, command, done, &staging); !status.ok()) return done(status);
  if (staging.needs_strand) return OnIdleStrand<SetTrialStateCommand, bool, RunOnStrand>(study, command, std::move(done));
  AnswerNow(staging.now);
}

absl::StatusOr<bool> RecallSetTrialState(const StudyPtr&, const SetTrialStateCommand&, std::string_view result) {
  ResultReader reader(result);
  const bool updated = reader.Int() != 0;
  if (!reader.ok()) return absl::DataLossError("the kept answer of a SetTrialState cannot be read");
  return updated;
}

}  // namespace

void SetTrialState(const StudyPtr& study, SetTrialStateCommand command, Done<bool> done) {
  Once<SetTrialStateCommand, bool>(study, std::move(command), std::move(done), RunSetTrialState, RecallSetTrialState);
}

}  // namespace parzen::engine::verbs
