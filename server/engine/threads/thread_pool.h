// Threads for work that may wait for the disk: loading studies, reading trials. First come, first served.

#ifndef PARZEN_SERVER_ENGINE_THREAD_POOL_H_
#define PARZEN_SERVER_ENGINE_THREAD_POOL_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

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

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_THREAD_POOL_H_
