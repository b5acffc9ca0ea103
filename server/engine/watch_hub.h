// Who watches a study: tells watchers that its committed revision moved. Outlives the study's engine, which may be evicted or
// rebuilt under its watchers.

#ifndef PARZEN_SERVER_ENGINE_WATCH_HUB_H_
#define PARZEN_SERVER_ENGINE_WATCH_HUB_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"

namespace parzen::engine {

class WatchHub {
 public:
  // One watcher's place. Its callback is called at most once after each Arm.
  class Seat {
   public:
    explicit Seat(std::function<void()> changed) : changed_(std::move(changed)) {}

   private:
    friend class WatchHub;
    const std::function<void()> changed_;
    bool armed_ = false;  // these under the hub's mutex
    bool left_ = false;
  };

  std::shared_ptr<Seat> Join(std::function<void()> changed);
  void Leave(const std::shared_ptr<Seat>& seat);

  // The watcher has read up to `revision` and wants to be called when there is more: at once where there is already.
  void Arm(const std::shared_ptr<Seat>& seat, int64_t revision);

  // The committed revision is `revision` now. Calls the armed watchers.
  void Moved(int64_t revision);
  // The study's engine was dropped: armed watchers read again, which loads it anew.
  void Wake();
  // The study is gone: watchers read again to learn so, those that arm later, too.
  void Close();

 private:
  std::vector<std::shared_ptr<Seat>> TakeArmed() REQUIRES(mutex_);

  Mutex mutex_;
  std::vector<std::shared_ptr<Seat>> seats_ GUARDED_BY(mutex_);
  size_t armed_ GUARDED_BY(mutex_) = 0;
  int64_t revision_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_WATCH_HUB_H_
