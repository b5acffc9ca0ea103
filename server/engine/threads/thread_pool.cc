#include "server/engine/threads/thread_pool.h"

#include <algorithm>
#include <utility>

namespace parzen::engine {

ThreadPool::ThreadPool(int threads) {
  for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { Work(); });
}

ThreadPool::~ThreadPool() {
  {
    const MutexLock lock(&mutex_);
    ending_ = true;
  }
  wake_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::Post(std::function<void()> job) {
  // Under the lock, since the job may be what lets the pool's owner end it.
  const MutexLock lock(&mutex_);
  jobs_.push_back(std::move(job));
  wake_.NotifyOne();
}

void ThreadPool::Work() {
  for (;;) {
    std::function<void()> job;
    {
      const MutexLock lock(&mutex_);
      while (!ending_ && jobs_.empty()) wake_.Wait(&mutex_);
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace parzen::engine
