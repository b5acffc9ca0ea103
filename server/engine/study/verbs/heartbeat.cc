// Heartbeat: renews the leases of a worker's trials of one study.

#include "server/engine/study/checks.h"
#include "server/engine/study/leases.h"
#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine::verbs {
namespace {

absl::StatusOr<HeartbeatReply> Renew(const StudyPtr& study, const TrialHandle& trial) REQUIRES(study->mutex()) {
  StagedStudy& staged = study->rooms().staged;
  const absl::Status running = CheckRunning(staged, trial, "trials");
  if (running.ok()) {
    const storage::TrialRecord& record = staged.Find(trial.number)->record;
    RenewLease(study, record);
    return record.stop_requested ? HeartbeatReply::kStop : HeartbeatReply::kContinue;
  }
  // Another attempt's, or ended.
  if (absl::IsAborted(running) || absl::IsFailedPrecondition(running)) return HeartbeatReply::kLeaseLost;
  return running;
}

}  // namespace

std::vector<absl::StatusOr<HeartbeatReply>> Heartbeat(const StudyPtr& study, const std::vector<TrialHandle>& trials) {
  std::vector<absl::StatusOr<HeartbeatReply>> replies;
  replies.reserve(trials.size());
  const MutexLock lock(study->mutex());
  const absl::Status status = study->Check();
  for (const TrialHandle& trial : trials) {
    if (status.ok()) {
      replies.push_back(Renew(study, trial));
    } else {
      replies.emplace_back(status);
    }
  }
  return replies;
}

}  // namespace parzen::engine::verbs
