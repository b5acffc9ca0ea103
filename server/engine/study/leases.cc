// Leases: Heartbeat and whatever else renews them, what happens when one runs out, StopTrial.
//
// Fencing: whoever holds a trial names it with its attempt. A trial that is taken back has its next attempt at once, so that its
// former worker neither renews it nor reports; only a late COMPLETE of an older attempt is welcome, while the trial is unfinished
// (tell.cc).

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/study/learned_outcome.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {
namespace {

constexpr size_t kMaxLost = 1000;                // leases that end in one transaction
constexpr int64_t kLookAgainMicros = 1'000'000;  // after a failed commit

}  // namespace

// -------------------------------------------------------------------------------------------------------------- under mutex_

void StudyEngine::RenewLease(const storage::TrialRecord& record) {
  if (record.lease_micros > 0) {
    leases_.Set(record.number, context_.monotonic_micros() + record.lease_micros);
  } else {
    leases_.Drop(record.number);
  }
  ArmLeases();
}

void StudyEngine::ArmLeases() {
  has_leases_.store(!leases_.empty(), std::memory_order_relaxed);
  if (leases_.Next() >= lease_look_) return;
  lease_look_ = leases_.Next();
  context_.lease_timer->WakeAt(uid(), lease_look_);
}

void StudyEngine::StageRequeue(LiveTrial* trial, bool lost, Batch* batch) {
  storage::TrialRecord& record = trial->record;
  storage::UpdateTrial update;
  update.number = record.number;
  update.attempt = index_[record.number].attempt = ++record.attempt;
  if (lost) update.losses = ++record.losses;
  update.state = record.state = TrialState::kWaiting;
  StageState(record.number, record.state);
  if (record.lease_micros != 0) update.lease_micros = record.lease_micros = 0;
  if (record.stop_requested) update.stop_requested = record.stop_requested = false;
  // What the attempt said of itself goes with it; parameters and attributes stay.
  update.clear_intermediates = !record.intermediates.empty();
  record.intermediates.clear();
  if (!record.constraints.empty()) update.constraints.emplace();
  record.constraints.clear();
  update.revision = record.revision = StageRevision(record.number, record.state, batch);
  batch->changes.emplace_back(std::move(update));
}

void StudyEngine::StageLoss(LiveTrial* trial, Batch* batch) {
  storage::TrialRecord& record = trial->record;
  const int32_t max_retries = face_.definition->max_retries;
  if (record.losses < max_retries && !record.stop_requested) return StageRequeue(trial, /*lost=*/true, batch);
  storage::UpdateTrial update;
  update.losses = ++record.losses;
  record.state = TrialState::kFailed;
  record.failure = FailureKind::kCrashed;
  record.reason = record.stop_requested
                      ? absl::StrCat("its worker was asked to stop, and its lease ran out (attempt ", record.attempt, ")")
                      : absl::StrCat("its lease ran out ", record.losses, record.losses == 1 ? " time" : " times",
                                     ", which is more than max_retries, ", max_retries);
  StageEnd(&record, std::move(update), batch);
}

int64_t StudyEngine::WallDeadline(int64_t number) const {
  const int64_t deadline = leases_.Deadline(number);
  return deadline == LeaseTable::kNever ? 0 : Now() + (deadline - context_.monotonic_micros());
}

// ---------------------------------------------------------------------------------------------------------------- any thread

void StudyEngine::SetDeadlines(std::span<Trial> trials) {
  const auto leased = [](const Trial& trial) { return trial.state == TrialState::kRunning && trial.lease_micros != 0; };
  if (std::none_of(trials.begin(), trials.end(), leased)) return;
  const std::lock_guard lock(mutex_);
  for (Trial& trial : trials) {
    if (leased(trial)) trial.lease_deadline = WallDeadline(trial.handle.number);
  }
}

void StudyEngine::ExpireLeases() {
  std::unique_lock lock(mutex_);
  if (!Check().ok()) return;
  lease_look_ = LeaseTable::kNever;
  auto batch = std::make_shared<Batch>();
  ExpiredLeases expired{.study = name()};
  for (const int64_t number : leases_.Due(context_.monotonic_micros(), kMaxLost)) {
    LiveTrial* trial = FindLive(number);
    const int32_t attempt = trial->record.attempt;
    StageLoss(trial, batch.get());
    expired.trials.push_back({number, attempt, trial->ended()});
  }
  ArmLeases();
  if (batch->changes.empty()) return;
  FinishIfAllEnded(batch.get());
  batch->done.push_back([tell = context_.leases_expired, expired = std::move(expired)](const absl::Status& committed) {
    if (committed.ok() && tell) tell(expired);
  });
  PrepareInBackground();
  QueueAndRelease(std::move(lock), std::move(batch), {}, "", -1);
}

void StudyEngine::LookAgain() { context_.lease_timer->WakeAt(uid(), context_.monotonic_micros() + kLookAgainMicros); }

std::vector<absl::StatusOr<HeartbeatReply>> StudyEngine::Heartbeat(const std::vector<TrialHandle>& trials) {
  std::vector<absl::StatusOr<HeartbeatReply>> replies;
  replies.reserve(trials.size());
  const std::lock_guard lock(mutex_);
  const absl::Status status = Check();
  for (const TrialHandle& trial : trials) {
    if (!status.ok()) {
      replies.emplace_back(status);
      continue;
    }
    const absl::Status running = CheckRunning(trial, "trials");
    if (running.ok()) {
      const storage::TrialRecord& record = FindLive(trial.number)->record;
      RenewLease(record);
      replies.emplace_back(record.stop_requested ? HeartbeatReply::kStop : HeartbeatReply::kContinue);
    } else if (absl::IsAborted(running) || absl::IsFailedPrecondition(running)) {
      replies.emplace_back(HeartbeatReply::kLeaseLost);  // another attempt's, or ended
    } else {
      replies.emplace_back(running);
    }
  }
  return replies;
}

void StudyEngine::RunStopTrial(const StopTrialCommand& command, Done<std::monostate> done) {
  std::unique_lock lock(mutex_);
  absl::Status status = Check();
  if (status.ok()) status = CheckRunning(command.trial, "trial");
  if (!status.ok()) {
    lock.unlock();
    return done(status);
  }
  auto batch = std::make_shared<Batch>();
  storage::TrialRecord& record = FindLive(command.trial.number)->record;
  if (!record.stop_requested) {
    storage::UpdateTrial update;
    update.number = record.number;
    update.stop_requested = record.stop_requested = true;
    update.revision = record.revision = StageRevision(record.number, record.state, batch.get());
    batch->changes.emplace_back(std::move(update));
  }
  batch->done.push_back([done = std::move(done)](const absl::Status& committed) {
    if (!committed.ok()) return done(committed);
    done(std::monostate());
  });
  QueueAndRelease(std::move(lock), std::move(batch), command.request, "", -1);
}

absl::StatusOr<std::monostate> StudyEngine::RecallStopTrial(const StopTrialCommand&, std::string_view) {
  return std::monostate();
}

}  // namespace parzen::engine
