// One thread that knows for every study when it next has to look at its leases. A study says when (WakeAt); the thread sleeps
// until the first of these moments and calls `due` with the study. It knows no trials: renewing one costs it nothing as long as
// another look is not due earlier.
//
// It also notices when the whole process has stood still (SIGSTOP, a virtual machine that was paused, a laptop's lid): nobody
// could renew a lease meanwhile, so that those granted before are not due before a full period has passed since.

#ifndef PARZEN_SERVER_ENGINE_LEASE_TIMER_H_
#define PARZEN_SERVER_ENGINE_LEASE_TIMER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"

namespace parzen::engine {

class LeaseTimer {
 public:
  // `now`: the monotonic clock, microseconds; `uptime`: one that goes on while the process stands still. `due` is called without
  // a lock held, from the timer's thread or from Check, and must not block; the study is forgotten before, until WakeAt names it
  // again.
  LeaseTimer(std::function<int64_t()> now, std::function<int64_t()> uptime, std::function<void(uint64_t uid)> due);
  ~LeaseTimer();  // stops
  LeaseTimer(const LeaseTimer&) = delete;
  LeaseTimer& operator=(const LeaseTimer&) = delete;

  // The moment, by `now`, at which the process was last found to have stood still for more than about a second; very long ago
  // where it has not. A lease that was renewed before runs from there. Any thread.
  int64_t resumed_at() const { return resumed_at_.load(std::memory_order_relaxed); }
  // Calls due(uid) at `moment`, or earlier where an earlier one was asked for. Nothing after Stop. Any thread.
  void WakeAt(uint64_t uid, int64_t moment);
  // Calls `due` for whatever is due now, on the caller's thread, and waits for what the timer's own thread is calling meanwhile.
  // The timer does so by itself as the clock goes on; a clock that jumps, in a test, needs it called. Not from `due`.
  void Check();
  // Ends the thread; no call of `due` from it comes after.
  void Stop();

 private:
  void Run();
  // Looks at a clock that goes on while the process stands still; called several times a second.
  void NoticePause() REQUIRES(mutex_);
  // Calls whatever is due, with the lock let go meanwhile.
  void CallDue() REQUIRES(mutex_);

  const std::function<int64_t()> now_, uptime_;
  const std::function<void(uint64_t)> due_;
  Mutex mutex_;
  CondVar wake_, called_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  int calling_ GUARDED_BY(mutex_) = 0;   // calls of due_ under way
  int64_t awake_at_ GUARDED_BY(mutex_);  // by uptime_, when it was last looked at
  std::atomic<int64_t> resumed_at_{std::numeric_limits<int64_t>::min() / 2};
  absl::flat_hash_map<uint64_t, int64_t> moments_ GUARDED_BY(mutex_);
  std::set<std::pair<int64_t, uint64_t>> order_ GUARDED_BY(mutex_);  // moment, uid
  std::thread thread_;                                               // last: it uses the rest
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_LEASE_TIMER_H_
