#include "clients/cli/worker/reporter.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

#include "parzen/error.h"

namespace parzen::cli {
namespace {

constexpr size_t kLargestBatch = 500;
constexpr std::chrono::milliseconds kAgain{2'000};

}  // namespace

Reporter::Reporter(Trial trial, int verdict_fd, bool patient)
    : trial_(std::move(trial)), verdict_fd_(verdict_fd), patient_(patient), thread_([this] { Loop(); }) {
  trial_.OnLease([this](LeaseEvent event) { SetVerdict(event == LeaseEvent::kLost ? Verdict::kLost : Verdict::kStop); });
}

Reporter::~Reporter() {
  trial_.OnLease(nullptr);
  {
    const MutexLock lock(&mutex_);
    ending_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void Reporter::Add(IntermediateValue value) {
  const MutexLock lock(&mutex_);
  queued_.push_back(value);
  changed_.NotifyAll();
}

absl::Status Reporter::Flush() {
  const MutexLock lock(&mutex_);
  while (!queued_.empty() || sending_) changed_.Wait(&mutex_);
  return refused_;
}

Reporter::Verdict Reporter::verdict() const {
  const MutexLock lock(&mutex_);
  return verdict_;
}

void Reporter::Loop() {
  MutexLock lock(&mutex_);
  while (true) {
    while (!ending_ && queued_.empty()) changed_.Wait(&mutex_);
    if (ending_) return;
    const auto end = queued_.begin() + static_cast<std::ptrdiff_t>(std::min(queued_.size(), kLargestBatch));
    const std::vector<IntermediateValue> batch(queued_.begin(), end);
    queued_.erase(queued_.begin(), end);
    sending_ = true;
    lock.Unlock();
    const bool again = Send(batch);
    lock.Lock();
    if (again) {
      queued_.insert(queued_.begin(), batch.begin(), batch.end());
      const auto until = std::chrono::steady_clock::now() + kAgain;
      while (!ending_ && changed_.WaitUntil(&mutex_, until)) {
      }
    }
    sending_ = false;
    changed_.NotifyAll();
  }
}

bool Reporter::Send(const std::vector<IntermediateValue>& batch) {
  const absl::Status status = trial_.Report(batch);
  if (status.ok()) {
    if (trial_.should_prune()) SetVerdict(Verdict::kPrune);
    if (trial_.stop_requested()) SetVerdict(Verdict::kStop);
    return false;
  }
  if (patient_ && (absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status))) return true;
  // The trial is somebody else's, has ended or is gone. Anything else is a value that was refused: the trial itself goes on.
  if (absl::IsAborted(status) || absl::IsNotFound(status) || ErrorReason(status) == "TRIAL_FINISHED") SetVerdict(Verdict::kLost);
  const MutexLock lock(&mutex_);
  if (refused_.ok()) refused_ = status;
  return false;
}

// From any thread.
void Reporter::SetVerdict(Verdict verdict) {
  const MutexLock lock(&mutex_);
  if (verdict == verdict_) return;
  verdict_ = verdict;
  eventfd_write(verdict_fd_, 1);
}

}  // namespace parzen::cli
