// The calls under way: counted, so that the service can end when they have, and refused once it does.

#ifndef PARZEN_SERVER_ENGINE_CALL_GATE_H_
#define PARZEN_SERVER_ENGINE_CALL_GATE_H_

#include <chrono>
#include <cstdint>
#include <utility>

#include "base/mutex.h"
#include "server/engine/service.h"
#include "server/error/error.h"

namespace parzen::engine {

// Thread safe. Outlives the calls.
class CallGate {
 public:
  // Admits a call, which has ended when the callback that is returned has been called. Null where calls are refused: `done` has
  // been answered.
  template <typename Answer>
  Done<Answer> Admit(Done<Answer> done) {
    if (!Enter()) {
      done(error::ShuttingDown());
      return nullptr;
    }
    return [this, done = std::move(done)](absl::StatusOr<Answer> answer) {
      done(std::move(answer));
      Leave();
    };
  }

  // Waits until no call is under way, at most for `grace`, then refuses all that come. True where all have ended.
  bool Close(std::chrono::milliseconds grace) {
    const auto latest = std::chrono::steady_clock::now() + grace;
    const MutexLock lock(&mutex_);
    while (calls_ > 0 && no_calls_.WaitUntil(&mutex_, latest)) {
    }
    closed_ = true;
    return calls_ == 0;
  }

 private:
  bool Enter() {
    const MutexLock lock(&mutex_);
    if (!closed_) ++calls_;
    return !closed_;
  }
  void Leave() {
    const MutexLock lock(&mutex_);
    if (--calls_ == 0) no_calls_.NotifyAll();
  }

  Mutex mutex_;
  CondVar no_calls_;
  int64_t calls_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_CALL_GATE_H_
