// Threads for work that may wait for the disk: loading studies, reading trials. First come, first served.

#ifndef PARZEN_SERVER_ENGINE_THREAD_POOL_H_
#define PARZEN_SERVER_ENGINE_THREAD_POOL_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace parzen::engine {

class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  // Runs what is queued, then ends.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void Post(std::function<void()> job);

 private:
  void Work();

  Mutex mutex_;
  CondVar wake_;
  std::deque<std::function<void()>> jobs_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_THREAD_POOL_H_
