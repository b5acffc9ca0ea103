// Tell: what came out of trials. Everything is checked before anything is staged.
//
// A trial that has ended is told again in peace with the same outcome. Its record may have to be read from storage for that: the
// call then goes on from a reader thread, knowing the records; what has ended does not change its outcome any more.

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/attributes.h"
#include "server/engine/study/learned_outcome.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {
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

// A NaN loss fails its trial. A failure of no kind is a crash.
TellOutcome Normalized(const TellOutcome& told) {
  TellOutcome outcome = told;
  if (outcome.state == TrialState::kComplete) {
    const auto nan = std::find_if(told.values.begin(), told.values.end(), [](double value) { return std::isnan(value); });
    if (nan == told.values.end()) return outcome;
    outcome.state = TrialState::kFailed;
    outcome.failure = FailureKind::kCrashed;
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

bool SameOutcome(const TellOutcome& outcome, const storage::TrialRecord& record) {
  return outcome.state == record.state && outcome.failure == record.failure &&
         std::equal(outcome.values.begin(), outcome.values.end(), record.values.begin(), record.values.end(), SameBits) &&
         Holds(record.constraints, outcome.constraints) && Holds(record.metrics, outcome.metrics);
}

absl::Status OutcomeDiffers(const TellOutcome& outcome, const storage::TrialRecord& record) {
  std::string recorded = Describe(record.state, record.values, record.failure);
  const std::string told = Describe(outcome.state, outcome.values, outcome.failure);
  if (recorded == told) absl::StrAppend(&recorded, " with other constraints or metrics");
  return error::Precondition("OUTCOME_DIFFERS", absl::StrCat("trial ", record.number, " was told ", told, ", but ", recorded,
                                                             " is recorded; the first outcome stays"));
}

}  // namespace

void StudyEngine::RunTell(const TellCommand& command, Done<TellAnswer> done) {
  TellCommand normalized = command;
  for (TellOutcome& outcome : normalized.outcomes) outcome = Normalized(outcome);
  TellKnowing(normalized, {}, std::move(done));
}

void StudyEngine::TellKnowing(const TellCommand& command, const EndedRecords& known, Done<TellAnswer> done) {
  const auto records = std::make_shared<std::vector<storage::TrialRecord>>();
  std::vector<int64_t> unknown;
  absl::Status status;
  std::unique_lock lock(mutex_);
  status = CheckOutcomes(command.outcomes, known, &unknown);
  if (!status.ok()) {
    lock.unlock();
    return done(status);
  }
  if (!unknown.empty()) {
    lock.unlock();
    return context_.readers->Post([self = shared_from_this(), command, done = std::move(done), unknown] {
      absl::StatusOr<std::vector<storage::TrialRecord>> read =
          self->context_.storage->ReadTrials(self->uid(), unknown, storage::View::kBasic);
      if (!read.ok()) return done(error::FromStorage(read.status()));
      EndedRecords ended;
      for (storage::TrialRecord& record : *read) ended[record.number] = std::move(record);
      self->TellKnowing(command, ended, done);
    });
  }
  auto batch = std::make_shared<Batch>();
  ResultWriter result;
  for (const TellOutcome& outcome : command.outcomes) {
    LiveTrial* live = FindLive(outcome.trial.number);
    if (live == nullptr) {
      records->push_back(known.at(outcome.trial.number));
    } else {
      // One that is there twice is recorded once.
      const bool preempted = outcome.failure == FailureKind::kPreempted;
      const bool recorded = live->ended() || (preempted && live->record.attempt > outcome.trial.attempt);
      if (!recorded && preempted) StageRequeue(live, /*lost=*/false, batch.get());
      if (!recorded && !preempted) StageOutcome(outcome, live, batch.get());
      records->push_back(BasicCopy(&live->record));
    }
    const storage::TrialRecord& record = records->back();
    result.Int(record.number).Int(record.revision);
    if (outcome.failure != FailureKind::kPreempted) continue;
    // It goes on: the rest of what a repeat is answered.
    const int64_t attempt = record.state == TrialState::kWaiting ? record.attempt : -1;
    result.Int(attempt).Int(static_cast<int64_t>(record.params.size())).Int(record.started_at).Text(record.worker);
  }
  ArmLeases();
  FinishIfAllEnded(batch.get());
  batch->done.push_back([self = shared_from_this(), records, done = std::move(done)](const absl::Status& committed) {
    if (!committed.ok()) return done(committed);
    TellAnswer answer;
    for (storage::TrialRecord& record : *records) {
      absl::StatusOr<Trial> trial = self->ToTrial(std::move(record));
      if (!trial.ok()) return done(trial.status());
      answer.trials.push_back(*std::move(trial));
    }
    done(std::move(answer));
  });
  const int64_t first = command.outcomes.front().trial.number;
  PrepareInBackground();
  QueueAndRelease(std::move(lock), std::move(batch), command.request, command.request.id ? result.Take() : "", first);
}

absl::Status StudyEngine::CheckOutcomes(const std::vector<TellOutcome>& outcomes, const EndedRecords& known,
                                        std::vector<int64_t>* unknown) {
  if (absl::Status status = Check(); !status.ok()) return status;
  absl::flat_hash_map<int64_t, const TellOutcome*> told;
  for (const TellOutcome& outcome : outcomes) {
    const int64_t number = outcome.trial.number;
    if (absl::Status status = CheckNumber(number); !status.ok()) return status;
    const size_t objectives = face_.definition->directions.size();
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
    const LiveTrial* live = FindLive(number);
    if (live == nullptr && !known.contains(number)) {
      unknown->push_back(number);
      continue;
    }
    const storage::TrialRecord& record = live == nullptr ? known.at(number) : live->record;
    if (absl::Status status = CheckOutcome(outcome, record); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status StudyEngine::CheckOutcome(const TellOutcome& outcome, const storage::TrialRecord& record) const {
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

void StudyEngine::StageOutcome(const TellOutcome& outcome, LiveTrial* trial, Batch* batch) {
  storage::TrialRecord& record = trial->record;
  record.state = outcome.state;
  record.values = outcome.values;
  SetNamed(outcome.constraints, &record.constraints);
  SetNamed(outcome.metrics, &record.metrics);
  record.failure = outcome.failure;
  record.reason = outcome.reason;
  storage::UpdateTrial update;
  if (!record.values.empty()) update.values = record.values;
  if (!outcome.constraints.empty()) update.constraints = record.constraints;
  if (!outcome.metrics.empty()) update.metrics = record.metrics;
  StageEnd(&record, std::move(update), batch);
}

void StudyEngine::StageEnd(storage::TrialRecord* ended, storage::UpdateTrial update, Batch* batch) {
  storage::TrialRecord& record = *ended;
  StageState(record.number, record.state);
  record.finished_at = Now();
  record.revision = record.told_at_revision = StageRevision(record.number, record.state, batch);
  if (record.state == TrialState::kComplete && IsFeasible(record.constraints)) batch->effects.back().candidate = record.values;

  update.number = record.number;
  update.revision = record.revision;
  update.state = record.state;
  if (record.failure != FailureKind::kNone) update.failure = record.failure;
  if (!record.reason.empty()) update.reason = record.reason;
  update.finished_at = record.finished_at;
  update.told_at_revision = record.told_at_revision;
  batch->changes.emplace_back(std::move(update));

  const storage::Intermediate* last = record.intermediates.empty() ? nullptr : &record.intermediates.back();
  deltas_.push_back({record.number, LearnedOutcome(record.state, record.failure, record.values, record.constraints, last)});
}

absl::StatusOr<TellAnswer> StudyEngine::RecallTell(const TellCommand& command, std::string_view result) {
  ResultReader reader(result);
  std::vector<int64_t> numbers;
  for (const TellOutcome& outcome : command.outcomes) numbers.push_back(outcome.trial.number);
  absl::StatusOr<std::vector<Trial>> trials = ReadTrials(numbers, storage::View::kBasic);
  if (!trials.ok()) return trials.status();
  for (size_t i = 0; i < trials->size(); ++i) {
    Trial& trial = (*trials)[i];
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
  return TellAnswer{*std::move(trials)};
}

}  // namespace parzen::engine
