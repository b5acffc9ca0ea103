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
  ~Later() { Stop(); }
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;

  void Post(std::function<void()> job) { PostAfter(std::chrono::milliseconds(0), std::move(job)); }
  void PostAfter(std::chrono::milliseconds delay, std::function<void()> job);

  // From now on nothing waits for its time, what has been posted before included.
  void Hurry();
  // Runs everything that was posted, and what that posts, and ends the threads. What is posted later runs at once, on its
  // caller's thread: a callback that comes late still finds somebody to do its work. From one thread at a time, and from none of
  // its own.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;
  void Work();

  Mutex mutex_;
  CondVar wake_;
  std::multimap<Clock::time_point, std::function<void()>> jobs_ GUARDED_BY(mutex_);
  bool hurrying_ GUARDED_BY(mutex_) = false;
  bool ending_ GUARDED_BY(mutex_) = false;   // the threads end once there is nothing left
  bool stopped_ GUARDED_BY(mutex_) = false;  // they have ended
  std::vector<std::thread> threads_;
};

}  // namespace parzen::placement

#endif  // PARZEN_SERVER_PLACEMENT_LATER_H_
