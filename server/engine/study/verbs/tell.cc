// Tell: what came out of trials. Everything is checked before anything is staged.
//
// The same outcome may be told again of a trial that has ended: nothing changes. Its record may have to be read from storage to
// compare them: the call then goes on from a reader thread, knowing the records; what has ended does not change its outcome any
// more.

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/attributes.h"
#include "server/engine/study/checks.h"
#include "server/engine/study/leases.h"
#include "server/engine/study/once.h"
#include "server/engine/study/pruned_values.h"
#include "server/engine/study/read_trials.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/sampling.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine::verbs {
namespace {

const char* Name(TrialState state) {
  switch (state) {
    case TrialState::kWaiting:
      return "WAITING";
    case TrialState::kRunning:
      return "RUNNING";
    case TrialState::kComplete:
      return "COMPLETE";
    case TrialState::kPruned:
      return "PRUNED";
    case TrialState::kFailed:
      return "FAILED";
  }
  return "UNKNOWN";
}

std::string List(const std::vector<double>& values) {
  std::string text = "[";
  for (const double value : values) absl::StrAppend(&text, text.size() > 1 ? ", " : "", ToString(Choice(value)));
  return text + "]";
}

std::string Describe(TrialState state, const std::vector<double>& values, FailureKind failure) {
  if (state == TrialState::kFailed) {
    return failure == FailureKind::kInfeasible  ? "FAILED (INFEASIBLE)"
           : failure == FailureKind::kPreempted ? "FAILED (PREEMPTED)"
                                                : "FAILED (CRASHED)";
  }
  return values.empty() ? std::string(Name(state)) : absl::StrCat(Name(state), " ", List(values));
}

bool SameBits(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }

// Whether all of `told` is recorded.
bool Holds(const NamedDoubles& recorded, const NamedDoubles& told) {
  return std::all_of(told.begin(), told.end(), [&](const auto& value) {
    return std::any_of(recorded.begin(), recorded.end(),
                       [&](const auto& entry) { return entry.first == value.first && SameBits(entry.second, value.second); });
  });
}

// A NaN loss fails its trial, and says that the point is bad. A failure of no kind is a crash.
TellOutcome Normalized(const TellOutcome& told) {
  TellOutcome outcome = told;
  if (outcome.state == TrialState::kComplete) {
    const auto nan = std::find_if(told.values.begin(), told.values.end(), [](double value) { return std::isnan(value); });
    if (nan == told.values.end()) return outcome;
    outcome.state = TrialState::kFailed;
    outcome.failure = FailureKind::kInfeasible;
    outcome.reason =
        told.values.size() == 1 ? "the objective is NaN" : absl::StrCat("objective ", nan - told.values.begin(), " is NaN");
  }
  if (outcome.state == TrialState::kFailed) {
    outcome.values.clear();
    if (outcome.failure == FailureKind::kNone) outcome.failure = FailureKind::kCrashed;
  }
  return outcome;
}

// A record as the BASIC view has it; what that leaves out may be large.
storage::TrialRecord BasicCopy(storage::TrialRecord* record) {
  std::vector<storage::Intermediate> intermediates = std::move(record->intermediates);
  Attributes user_attrs = std::move(record->user_attrs);
  Attributes system_attrs = std::move(record->system_attrs);
  record->intermediates.clear();
  record->user_attrs.clear();
  record->system_attrs.clear();
  storage::TrialRecord copy = *record;
  record->intermediates = std::move(intermediates);
  record->user_attrs = std::move(user_attrs);
  record->system_attrs = std::move(system_attrs);
  return copy;
}

// Records of trials that have ended, by number: what a repeated outcome is compared with.
using EndedRecords = absl::flat_hash_map<int64_t, storage::TrialRecord>;

bool SameOutcome(const TellOutcome& outcome, const storage::TrialRecord& record) {
  const bool reported = outcome.state == TrialState::kPruned && outcome.values.empty();  // the values come from its reports
  return outcome.state == record.state && outcome.failure == record.failure &&
         (reported ||
          std::equal(outcome.values.begin(), outcome.values.end(), record.values.begin(), record.values.end(), SameBits)) &&
         Holds(record.constraints, outcome.constraints) && Holds(record.metrics, outcome.metrics);
}

absl::Status OutcomeDiffers(const TellOutcome& outcome, const storage::TrialRecord& record) {
  std::string recorded = Describe(record.state, record.values, record.failure);
  const std::string told = Describe(outcome.state, outcome.values, outcome.failure);
  if (recorded == told) absl::StrAppend(&recorded, " with other constraints or metrics");
  return error::Precondition("OUTCOME_DIFFERS", absl::StrCat("trial ", record.number, " was told ", told, ", but ", recorded,
                                                             " is recorded; the first outcome stays"));
}

// Whether an outcome may be recorded, or is already.
absl::Status CheckOutcome(const TellOutcome& outcome, const storage::TrialRecord& record) {
  const int32_t attempt = outcome.trial.attempt;
  const bool ended = record.state >= TrialState::kComplete;
  if (attempt > record.attempt) {
    return error::BadField("outcomes.trial.attempt",
                           absl::StrCat("is ", attempt, "; trial ", record.number, " has had attempts 0 to ", record.attempt));
  }
  if (ended && SameOutcome(outcome, record)) return absl::OkStatus();
  // Late results are welcome, late failures are not: the trial is another worker's now.
  if (attempt < record.attempt && outcome.state != TrialState::kComplete) {
    return error::MakeError(absl::StatusCode::kAborted,
                            absl::StrCat("trial ", record.number, " has passed from attempt ", attempt, " to attempt ",
                                         record.attempt, "; only a COMPLETE is accepted from an older one"),
                            {"LEASE_LOST", {}});
  }
  if (ended) return OutcomeDiffers(outcome, record);
  // One that was handed out before has parameters: its result is welcome, also from who read its new handle.
  const bool late = outcome.state == TrialState::kComplete && record.attempt > 0;
  if (record.state == TrialState::kWaiting && attempt == record.attempt && !late) {
    return error::Precondition("TRIAL_NOT_RUNNING",
                               absl::StrCat("trial ", record.number, " is WAITING: it has not been asked for yet"));
  }
  return absl::OkStatus();
}

// `unknown` gets the trials whose records have to be read first.
absl::Status CheckOutcomes(const StagedStudy& staged, const std::vector<TellOutcome>& outcomes, const EndedRecords& known,
                           std::vector<int64_t>* unknown) {
  absl::flat_hash_map<int64_t, const TellOutcome*> told;
  for (const TellOutcome& outcome : outcomes) {
    const int64_t number = outcome.trial.number;
    PARZEN_RETURN_IF_ERROR(CheckNumber(staged, number));
    const size_t objectives = staged.face().definition->directions.size();
    const bool valued =
        outcome.state == TrialState::kComplete || (outcome.state == TrialState::kPruned && !outcome.values.empty());
    if (valued && outcome.values.size() != objectives) {
      return error::BadField("outcomes.values", absl::StrCat("trial ", number, " has ", outcome.values.size(),
                                                             " values; the study has ", objectives, " objectives"));
    }
    const auto [first, is_new] = told.try_emplace(number, &outcome);
    if (!is_new && !(first->second->state == outcome.state && first->second->values == outcome.values &&
                     first->second->failure == outcome.failure)) {
      return error::BadField("outcomes",
                             absl::StrCat("trial ", number, " is there twice with different outcomes; one is accepted"));
    }
    const LiveTrial* live = staged.trials().Find(number);
    if (live == nullptr && !known.contains(number)) {
      unknown->push_back(number);
      continue;
    }
    const storage::TrialRecord& record = live == nullptr ? known.at(number) : live->record;
    PARZEN_RETURN_IF_ERROR(CheckOutcome(outcome, record));
  }
  return absl::OkStatus();
}

void StageOutcome(StagedStudy* staged, const TellOutcome& outcome, const storage::TrialRecord& record, int64_t now,
                  Batch* batch) {
  storage::UpdateTrial update;
  update.number = record.number;
  update.state = outcome.state;
  if (!outcome.values.empty()) update.values = outcome.values;
  if (!outcome.constraints.empty()) {
    update.constraints = record.constraints;
    SetNamed(outcome.constraints, &*update.constraints);
  }
  if (!outcome.metrics.empty()) {
    update.metrics = record.metrics;
    SetNamed(outcome.metrics, &*update.metrics);
  }
  if (outcome.failure != FailureKind::kNone) update.failure = outcome.failure;
  // What a running trial has is why it should be pruned: a failure has reasons of its own.
  if (!outcome.reason.empty() || outcome.state == TrialState::kFailed) update.reason = outcome.reason;
  if (outcome.state == TrialState::kPruned && outcome.values.empty())
    update.values = LastFinite(record, staged->face().definition->directions.size());
  update.finished_at = now;
  staged->Change(std::move(update), batch);
}

// What a repeat of the call will be answered from.
void Remember(const TellOutcome& outcome, const storage::TrialRecord& record, ResultWriter* result) {
  result->Int(record.number).Int(record.revision);
  if (outcome.failure != FailureKind::kPreempted) return;
  // It goes on: the rest of what a repeat is answered.
  const int64_t attempt = record.state == TrialState::kWaiting ? record.attempt : -1;
  result->Int(attempt).Int(static_cast<int64_t>(record.params.size())).Int(record.started_at).Text(record.worker);
}

// Stages an outcome, unless it is recorded already (one that is there twice is recorded once), and returns the trial's record.
storage::TrialRecord StageOne(const StudyPtr& study, const TellOutcome& outcome, const EndedRecords& known, Batch* batch)
    REQUIRES(study->mutex()) {
  StagedStudy& staged = study->rooms().staged;
  LiveTrial* live = staged.Find(outcome.trial.number);
  if (live == nullptr) return known.at(outcome.trial.number);
  const bool preempted = outcome.failure == FailureKind::kPreempted;
  const bool recorded = live->ended() || (preempted && live->record.attempt > outcome.trial.attempt);
  if (!recorded && preempted) StageRequeue(&staged, live->record, /*lost=*/false, batch);
  if (!recorded && !preempted) StageOutcome(&staged, outcome, live->record, study->Now(), batch);
  return BasicCopy(&live->record);
}

absl::StatusOr<TellAnswer> AnswerOf(const StudyPtr& study, std::vector<storage::TrialRecord> records) {
  TellAnswer answer;
  for (storage::TrialRecord& record : records) {
    PARZEN_ASSIGN_OR_RETURN(Trial trial, MakeTrial(study->identity(), std::move(record), study->distributions()));
    answer.trials.push_back(std::move(trial));
  }
  return answer;
}

// Nothing is staged where `unknown` gets trials.
absl::Status StageTell(const StudyPtr& study, const TellCommand& command, const EndedRecords& known, const Done<TellAnswer>& done,
                       std::vector<int64_t>* unknown, Answers* now) {
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  PARZEN_RETURN_IF_ERROR(CheckOutcomes(staged, command.outcomes, known, unknown));
  if (!unknown->empty()) return absl::OkStatus();
  const auto batch = std::make_shared<Batch>();
  const auto records = std::make_shared<std::vector<storage::TrialRecord>>();
  ResultWriter result;
  for (const TellOutcome& outcome : command.outcomes) {
    records->push_back(StageOne(study, outcome, known, batch.get()));
    Remember(outcome, records->back(), &result);
  }
  study->ArmLeases();
  staged.FinishIfDue(study->Now(), batch.get());
  batch->done.push_back([study, records, done](const absl::Status& committed) {
    done(committed.ok() ? AnswerOf(study, std::move(*records)) : committed);
  });
  const int64_t first = command.outcomes.front().trial.number;
  PrepareInBackground(study);
  *now = study->Queue(batch, command.request, command.request.id ? result.Take() : "", first);
  return absl::OkStatus();
}

void TellKnowing(const StudyPtr& study, const TellCommand& command, const EndedRecords& known, Done<TellAnswer> done) {
  std::vector<int64_t> unknown;
  Answers now;
  if (absl::Status status = StageTell(study, command, known, done, &unknown, &now); !status.ok()) return done(status);
  if (unknown.empty()) return AnswerNow(now);
  study->context().readers->Post([study, command, done = std::move(done), unknown] {
    absl::StatusOr<std::vector<storage::TrialRecord>> read =
        study->context().storage->ReadTrials(study->identity().uid, unknown, storage::View::kBasic);
    if (!read.ok()) return done(error::FromStorage(read.status()));
    EndedRecords ended;
    for (storage::TrialRecord& record : *read) ended[record.number] = std::move(record);
    TellKnowing(study, command, ended, done);
  });
}

void RunTell(const StudyPtr& study, const TellCommand& command, Done<TellAnswer> done) {
  TellCommand normalized = command;
  for (TellOutcome& outcome : normalized.outcomes) outcome = Normalized(outcome);
  TellKnowing(study, normalized, {}, std::move(done));
}

absl::StatusOr<TellAnswer> RecallTell(const StudyPtr& study, const TellCommand& command, std::string_view result) {
  ResultReader reader(result);
  std::vector<int64_t> numbers;
  for (const TellOutcome& outcome : command.outcomes) numbers.push_back(outcome.trial.number);
  PARZEN_ASSIGN_OR_RETURN(std::vector<Trial> trials, ReadTrials(study, numbers, storage::View::kBasic));
  for (size_t i = 0; i < trials.size(); ++i) {
    Trial& trial = trials[i];
    if (reader.Int() != trial.handle.number) return absl::DataLossError("the kept answer of a Tell cannot be read");
    trial.revision = reader.Int();
    if (command.outcomes[i].failure != FailureKind::kPreempted) continue;
    const auto attempt = static_cast<int32_t>(reader.Int());
    const auto params = static_cast<size_t>(reader.Int());
    const int64_t started_at = reader.Int();
    std::string worker = reader.Text();
    if (attempt < 0) continue;
    // As it was when it went back to the queue, whatever has become of it.
    trial.state = TrialState::kWaiting;
    trial.handle.attempt = attempt;
    trial.params.resize(std::min(trial.params.size(), params));
    trial.started_at = started_at;
    trial.worker = std::move(worker);
    trial.values.clear();
    trial.constraints.clear();
    trial.metrics.clear();
    trial.failure = FailureKind::kNone;
    trial.reason.clear();
    trial.finished_at = trial.told_at_revision = trial.lease_micros = trial.lease_deadline = 0;
    trial.stop_requested = false;
  }
  if (!reader.ok()) return absl::DataLossError("the kept answer of a Tell cannot be read");
  return TellAnswer{std::move(trials)};
}

}  // namespace

void Tell(const StudyPtr& study, TellCommand command, Done<TellAnswer> done) {
  Once<TellCommand, TellAnswer>(study, std::move(command), std::move(done), RunTell, RecallTell);
}

}  // namespace parzen::engine::verbs
