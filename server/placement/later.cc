#include "server/placement/later.h"

#include <utility>

namespace parzen::placement {

Later::Later(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

Later::~Later() {
  {
    const MutexLock lock(&mutex_);
    ending_ = true;
  }
  wake_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

void Later::PostAfter(std::chrono::milliseconds delay, std::function<void()> job) {
  {
    const MutexLock lock(&mutex_);
    jobs_.emplace(Clock::now() + delay, std::move(job));
  }
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
    if (!ending_ && first->first > Clock::now()) {
      wake_.WaitUntil(&mutex_, Clock::time_point(first->first));
      continue;
    }
    const std::function<void()> job = std::move(first->second);
    jobs_.erase(first);
    lock.Unlock();
    job();
    lock.Lock();
  }
}

}  // namespace parzen::placement
