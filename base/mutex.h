// std::mutex and std::condition_variable with clang's thread-safety annotations: what a lock guards is written beside it, and
// `./dev lint` (clang, -Wthread-safety) refuses code that touches it without the lock.
//
//   class Table {
//    public:
//     int64_t Size() const {
//       const MutexLock lock(&mutex_);
//       return size_;
//     }
//
//    private:
//     void Grow() REQUIRES(mutex_);  // called with the lock held
//     mutable Mutex mutex_;
//     int64_t size_ GUARDED_BY(mutex_) = 0;
//   };
//
// A condition is waited for in a loop, since the compiler does not look into lambdas:
//
//   while (jobs_.empty()) wake_.Wait(&mutex_);
//
// With another compiler than clang the annotations are nothing, and the classes are std's.

#ifndef PARZEN_BASE_MUTEX_H_
#define PARZEN_BASE_MUTEX_H_

#include <chrono>
#include <condition_variable>
#include <mutex>

// Abseil's headers define some of the macros below, differently; included first and taken back, so that the order of includes
// does not matter.
#include "absl/base/thread_annotations.h"

#undef GUARDED_BY
#undef PT_GUARDED_BY
#undef ACQUIRED_AFTER
#undef NO_THREAD_SAFETY_ANALYSIS

#if defined(__clang__)
#define PARZEN_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define PARZEN_THREAD_ANNOTATION(x)
#endif

// On a member: it is read and written with the lock held only; on what a pointer points to.
#define GUARDED_BY(x) PARZEN_THREAD_ANNOTATION(guarded_by(x))
#define PT_GUARDED_BY(x) PARZEN_THREAD_ANNOTATION(pt_guarded_by(x))
// On a function: the caller holds the lock; must not hold it.
#define REQUIRES(...) PARZEN_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) PARZEN_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
// On a function: it takes the lock and returns with it held; lets it go.
#define ACQUIRE(...) PARZEN_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) PARZEN_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
// On a mutex: the one that is taken before it.
#define ACQUIRED_AFTER(...) PARZEN_THREAD_ANNOTATION(acquired_after(__VA_ARGS__))
// For a function whose locking the compiler cannot follow; say why beside it.
#define NO_THREAD_SAFETY_ANALYSIS PARZEN_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace parzen {

class PARZEN_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ACQUIRE() { mutex_.lock(); }
  void Unlock() RELEASE() { mutex_.unlock(); }
  // Tells the compiler, and nobody else, that the lock is held here: inside a lambda that runs under it.
  void AssertHeld() const PARZEN_THREAD_ANNOTATION(assert_capability(this)) {}

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds a lock for its scope, or until Unlock.
class PARZEN_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_->Lock(); }
  ~MutexLock() RELEASE() {
    if (held_) mutex_->Unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  // Lets the lock go before the end of the scope; and takes it again.
  void Unlock() RELEASE() {
    held_ = false;
    mutex_->Unlock();
  }
  void Lock() ACQUIRE() {
    mutex_->Lock();
    held_ = true;
  }

 private:
  Mutex* const mutex_;
  bool held_ = true;
};

// As std::condition_variable: waiting lets the lock go and takes it again, and may end for no reason.
class CondVar {
 public:
  void Wait(Mutex* mutex) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // False where the time is over.
  template <typename Clock, typename Duration>
  bool WaitUntil(Mutex* mutex, std::chrono::time_point<Clock, Duration> moment) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    const bool in_time = condition_.wait_until(lock, moment) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }
  template <typename Rep, typename Period>
  bool WaitFor(Mutex* mutex, std::chrono::duration<Rep, Period> time) REQUIRES(mutex) {
    return WaitUntil(mutex, std::chrono::steady_clock::now() + time);
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace parzen

#endif  // PARZEN_BASE_MUTEX_H_
