#include "clients/cli/worker/reporter.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

#include "parzen/error.h"

namespace parzen::cli {
namespace {

constexpr size_t kLargestBatch = 500;

}  // namespace

Reporter::Reporter(Trial trial, int verdict_fd) : trial_(std::move(trial)), verdict_fd_(verdict_fd), thread_([this] { Loop(); }) {
  trial_.OnLease([this](LeaseEvent event) { SetVerdict(event == LeaseEvent::kLost ? Verdict::kLost : Verdict::kStop); });
}

Reporter::~Reporter() {
  trial_.OnLease(nullptr);
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void Reporter::Add(IntermediateValue value) {
  std::lock_guard lock(mutex_);
  queued_.push_back(value);
  changed_.notify_all();
}

absl::Status Reporter::Flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queued_.empty() && !sending_; });
  return refused_;
}

Reporter::Verdict Reporter::verdict() const {
  std::lock_guard lock(mutex_);
  return verdict_;
}

void Reporter::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !queued_.empty(); });
    if (ending_) return;
    const auto end = queued_.begin() + static_cast<std::ptrdiff_t>(std::min(queued_.size(), kLargestBatch));
    const std::vector<IntermediateValue> batch(queued_.begin(), end);
    queued_.erase(queued_.begin(), end);
    sending_ = true;
    lock.unlock();
    Send(batch);
    lock.lock();
    sending_ = false;
    changed_.notify_all();
  }
}

void Reporter::Send(const std::vector<IntermediateValue>& batch) {
  const absl::Status status = trial_.Report(batch);
  if (status.ok()) {
    if (trial_.should_prune()) SetVerdict(Verdict::kPrune);
    if (trial_.stop_requested()) SetVerdict(Verdict::kStop);
    return;
  }
  // The trial is somebody else's, has ended or is gone. Anything else is a value that was refused: the trial itself goes on.
  if (absl::IsAborted(status) || absl::IsNotFound(status) || ErrorReason(status) == "TRIAL_FINISHED") SetVerdict(Verdict::kLost);
  std::lock_guard lock(mutex_);
  if (refused_.ok()) refused_ = status;
}

// From any thread.
void Reporter::SetVerdict(Verdict verdict) {
  std::lock_guard lock(mutex_);
  if (verdict == verdict_) return;
  verdict_ = verdict;
  eventfd_write(verdict_fd_, 1);
}

}  // namespace parzen::cli
