#include "server/engine/threads/compute_pool.h"

#include <algorithm>
#include <utility>

namespace parzen::engine {

ComputePool::ComputePool(int threads) : working_(std::max(threads, 1)) {
  for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { Work(); });
}

ComputePool::~ComputePool() { End(); }

void ComputePool::End() {
  {
    const MutexLock lock(&mutex_);
    ending_ = true;
  }
  wake_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  DropBackground();
}

// Their strands hold the pool, as it holds them.
void ComputePool::DropBackground() {
  std::vector<Job> dropped;  // what they hold is let go outside the lock
  const MutexLock lock(&mutex_);
  for (const std::shared_ptr<Strand>& strand : background_) dropped.push_back(std::exchange(strand->background_job_, nullptr));
  background_.clear();
}

std::shared_ptr<ComputePool::Strand> ComputePool::MakeStrand() { return std::make_shared<Strand>(shared_from_this()); }

// Waking under the lock: the job may answer a call whose caller then ends the pool, before this thread has let go of it.
void ComputePool::Post(const std::shared_ptr<Strand>& strand, Job job) {
  const MutexLock lock(&mutex_);
  if (working_ == 0) return;
  strand->jobs_.push_back(std::move(job));
  if (strand->running_ || strand->jobs_.size() > 1) return;  // it is queued, or will be when its slice ends
  ready_.push_back(strand);
  wake_.NotifyOne();
}

void ComputePool::RunOrPost(const std::shared_ptr<Strand>& strand, Job job) {
  const MutexLock lock(&mutex_);
  if (working_ == 0) return;
  if (strand->running_ || !strand->jobs_.empty()) {
    strand->jobs_.push_back(std::move(job));
    return;
  }
  strand->running_ = true;
  ++lent_;
  RunJob(strand, std::move(job));
  if (--lent_ == 0 && ending_) wake_.NotifyAll();
}

void ComputePool::PostNext(Strand* strand, Job job) {
  const MutexLock lock(&mutex_);
  strand->jobs_.push_front(std::move(job));  // queued when its slice ends
}

void ComputePool::PostBackground(const std::shared_ptr<Strand>& strand, Job job) {
  const MutexLock lock(&mutex_);
  if (working_ == 0) return;
  const bool queued = strand->background_job_ != nullptr;
  strand->background_job_ = std::move(job);
  if (queued) return;
  background_.push_back(strand);
  wake_.NotifyOne();
}

void ComputePool::Work() {
  const MutexLock lock(&mutex_);
  for (;;) {
    while (ready_.empty() && (ending_ ? lent_ > 0 : NextIdle() == background_.end())) wake_.Wait(&mutex_);
    if (!ready_.empty()) {
      const std::shared_ptr<Strand> strand = std::move(ready_.front());
      ready_.pop_front();
      RunSlice(strand);
    } else if (ending_) {
      --working_;  // by the last one nothing is queued, and nobody is left who could run it
      return;
    } else if (const auto next = NextIdle(); next != background_.end()) {
      const std::shared_ptr<Strand> strand = std::move(*next);
      background_.erase(next);
      RunBackground(strand);
    }
  }
}

std::deque<std::shared_ptr<ComputePool::Strand>>::iterator ComputePool::NextIdle() {
  return std::find_if(background_.begin(), background_.end(), [](const auto& strand) { return !strand->running_; });
}

void ComputePool::RunSlice(const std::shared_ptr<Strand>& strand) {
  strand->running_ = true;
  strand->turn_ends_ = std::chrono::steady_clock::now() + std::chrono::microseconds(kSliceMicros);
  for (int i = 0; i < kSliceJobs && !strand->jobs_.empty(); ++i) {
    Job job = std::move(strand->jobs_.front());
    strand->jobs_.pop_front();
    mutex_.Unlock();
    job();
    job = nullptr;  // what it holds is let go outside the lock
    const bool over = strand->TurnIsOver();
    mutex_.Lock();
    if (over) break;
  }
  Requeue(strand);
}

void ComputePool::RunBackground(const std::shared_ptr<Strand>& strand) {
  Job job = std::move(strand->background_job_);
  strand->background_job_ = nullptr;
  strand->running_ = true;
  RunJob(strand, std::move(job));
}

void ComputePool::RunJob(const std::shared_ptr<Strand>& strand, Job job) {
  strand->turn_ends_ = std::chrono::steady_clock::now() + std::chrono::microseconds(kSliceMicros);
  mutex_.Unlock();
  job();
  job = nullptr;  // what it holds is let go outside the lock
  mutex_.Lock();
  Requeue(strand);
}

void ComputePool::Requeue(const std::shared_ptr<Strand>& strand) {
  strand->running_ = false;
  if (!strand->jobs_.empty()) {
    ready_.push_back(strand);
  } else if (strand->background_job_ == nullptr) {
    return;
  }
  wake_.NotifyOne();
}

}  // namespace parzen::engine
