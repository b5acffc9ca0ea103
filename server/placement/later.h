// Threads for what waits for the database, and for what is to be tried again in a while.

#ifndef PARZEN_SERVER_PLACEMENT_LATER_H_
#define PARZEN_SERVER_PLACEMENT_LATER_H_

#include <chrono>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace parzen::placement {

// Thread safe.
class Later {
 public:
  explicit Later(int threads);
  // Runs everything that is posted, what has time left too, and what that posts.
  ~Later();
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;

  void Post(std::function<void()> job) { PostAfter(std::chrono::milliseconds(0), std::move(job)); }
  void PostAfter(std::chrono::milliseconds delay, std::function<void()> job);

 private:
  using Clock = std::chrono::steady_clock;
  void Work();

  Mutex mutex_;
  CondVar wake_;
  std::multimap<Clock::time_point, std::function<void()>> jobs_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace parzen::placement

#endif  // PARZEN_SERVER_PLACEMENT_LATER_H_
