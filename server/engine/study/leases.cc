#include "server/engine/study/leases.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/definition/completed_rungs.h"
#include "server/engine/study/sampling.h"

namespace parzen::engine {
namespace {

constexpr size_t kMaxLost = 1000;  // leases that end in one transaction

// A lease has run out: back to the queue, or the end where it was the last retry or somebody asked for the end.
void StageLoss(StagedStudy* staged, const storage::TrialRecord& record, int64_t now, Batch* batch) {
  const int32_t max_retries = staged->face().definition->max_retries;
  if (record.losses < max_retries && !record.stop_requested) return StageRequeue(staged, record, /*lost=*/true, batch);
  const int32_t losses = record.losses + 1;
  storage::UpdateTrial update;
  update.number = record.number;
  update.losses = losses;
  update.state = TrialState::kFailed;
  update.failure = FailureKind::kCrashed;
  update.reason = record.stop_requested
                      ? absl::StrCat("its worker was asked to stop, and its lease ran out (attempt ", record.attempt, ")")
                      : absl::StrCat("its lease ran out ", losses, losses == 1 ? " time" : " times",
                                     ", which is more than max_retries, ", max_retries);
  update.finished_at = now;
  staged->Change(std::move(update), batch);
}

}  // namespace

void RenewLease(const StudyPtr& study, const storage::TrialRecord& record) {
  const int64_t deadline =
      record.lease_micros > 0 ? study->context().monotonic_micros() + record.lease_micros : LeaseTable::kNever;
  study->rooms().staged.SetLease(record.number, deadline);
  study->ArmLeases();
}

int64_t WallDeadline(const StudyPtr& study, int64_t number) {
  const int64_t deadline = study->rooms().staged.leases().Deadline(number);
  return deadline == LeaseTable::kNever ? 0 : study->Now() + (deadline - study->context().monotonic_micros());
}

void StageRequeue(StagedStudy* staged, const storage::TrialRecord& record, bool lost, Batch* batch) {
  storage::UpdateTrial update;
  update.number = record.number;
  update.attempt = record.attempt + 1;
  if (lost) update.losses = record.losses + 1;
  update.state = TrialState::kWaiting;
  if (record.lease_micros != 0) update.lease_micros = 0;
  if (record.stop_requested) update.stop_requested = false;
  // What the attempt said of itself goes with it; parameters and attributes stay.
  update.clear_intermediates = !record.intermediates.empty();
  if (!record.constraints.empty()) update.constraints.emplace();
  if (!record.reason.empty()) update.reason = "";  // why it should have been pruned
  for (const auto& [key, json] : record.system_attrs) {
    if (key == kRungsKey || IsCompletedRung(key)) update.system_attrs.emplace_back(key, std::nullopt);
  }
  staged->Change(std::move(update), batch);
}

void SetDeadlines(const StudyPtr& study, std::span<Trial> trials) {
  const auto leased = [](const Trial& trial) { return trial.state == TrialState::kRunning && trial.lease_micros != 0; };
  if (std::none_of(trials.begin(), trials.end(), leased)) return;
  const MutexLock lock(study->mutex());
  for (Trial& trial : trials) {
    if (leased(trial)) trial.lease_deadline = WallDeadline(study, trial.handle.number);
  }
}

void ExpireLeases(const StudyPtr& study) {
  const auto batch = std::make_shared<Batch>();
  Answers now;
  {
    const MutexLock lock(study->mutex());
    if (!study->Check().ok()) return;
    StagedStudy& staged = study->rooms().staged;
    ExpiredLeases expired{.study = study->identity().name, .trials = {}};
    const int64_t monotonic = study->context().monotonic_micros();
    for (const int64_t number : staged.leases().Due(monotonic, kMaxLost)) {
      const LiveTrial* trial = staged.Find(number);
      // Granted before the process stood still, when its worker could not renew it.
      const int64_t full_period = study->context().lease_timer->resumed_at() + trial->record.lease_micros;
      if (full_period > monotonic) {
        staged.SetLease(number, full_period);
        continue;
      }
      const int32_t attempt = trial->record.attempt;
      StageLoss(&staged, trial->record, study->Now(), batch.get());
      expired.trials.push_back({number, attempt, trial->ended()});
    }
    study->ArmLeases(/*looked=*/true);
    if (batch->changes.empty()) return;
    staged.FinishIfDue(study->Now(), batch.get());
    batch->done.push_back([tell = study->context().leases_expired, expired = std::move(expired)](const absl::Status& committed) {
      if (committed.ok() && tell) tell(expired);
    });
    PrepareInBackground(study);
    now = study->Queue(batch, {}, "", -1);
  }
  AnswerNow(now);
}

}  // namespace parzen::engine
