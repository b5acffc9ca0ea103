#include "server/placement/later.h"

#include <utility>

namespace parzen::placement {

Later::Later(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

void Later::Hurry() {
  {
    const MutexLock lock(&mutex_);
    hurrying_ = true;
  }
  wake_.NotifyAll();
}

void Later::Stop() {
  {
    const MutexLock lock(&mutex_);
    hurrying_ = ending_ = true;
  }
  wake_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  std::multimap<Clock::time_point, std::function<void()>> left;  // posted when no thread was there any more
  {
    const MutexLock lock(&mutex_);
    stopped_ = true;
    left.swap(jobs_);
  }
  for (const auto& [time, job] : left) job();
}

void Later::PostAfter(std::chrono::milliseconds delay, std::function<void()> job) {
  {
    const MutexLock lock(&mutex_);
    if (!stopped_) jobs_.emplace(Clock::now() + delay, std::exchange(job, nullptr));
  }
  if (job != nullptr) return job();
  wake_.NotifyOne();
}

void Later::Work() {
  MutexLock lock(&mutex_);
  for (;;) {
    if (jobs_.empty()) {
      if (ending_) return;
      wake_.Wait(&mutex_);
      continue;
    }
    const auto first = jobs_.begin();
    if (!hurrying_ && first->first > Clock::now()) {
      wake_.WaitUntil(&mutex_, Clock::time_point(first->first));
      continue;
    }
    std::function<void()> job = std::move(first->second);
    jobs_.erase(first);
    lock.Unlock();
    job();
    job = nullptr;  // what it held is let go without the lock
    lock.Lock();
  }
}

}  // namespace parzen::placement
