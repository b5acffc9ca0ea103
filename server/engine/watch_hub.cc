#include "server/engine/watch_hub.h"

#include <algorithm>
#include <utility>

namespace parzen::engine {

std::shared_ptr<WatchHub::Seat> WatchHub::Join(std::function<void()> changed) {
  auto seat = std::make_shared<Seat>(std::move(changed));
  const MutexLock lock(&mutex_);
  seats_.push_back(seat);
  return seat;
}

void WatchHub::Leave(const std::shared_ptr<Seat>& seat) {
  const MutexLock lock(&mutex_);
  if (std::exchange(seat->armed_, false)) --armed_;
  seat->left_ = true;
  std::erase(seats_, seat);
}

void WatchHub::Arm(const std::shared_ptr<Seat>& seat, int64_t revision) {
  {
    const MutexLock lock(&mutex_);
    if (seat->left_) return;
    if (!closed_ && revision >= revision_) {
      if (!std::exchange(seat->armed_, true)) ++armed_;
      return;
    }
  }
  seat->changed_();
}

void WatchHub::Moved(int64_t revision) {
  std::vector<std::shared_ptr<Seat>> armed;
  {
    const MutexLock lock(&mutex_);
    revision_ = std::max(revision_, revision);
    armed = TakeArmed();
  }
  for (const auto& seat : armed) seat->changed_();
}

void WatchHub::Wake() {
  std::vector<std::shared_ptr<Seat>> armed;
  {
    const MutexLock lock(&mutex_);
    armed = TakeArmed();
  }
  for (const auto& seat : armed) seat->changed_();
}

void WatchHub::Close() {
  {
    const MutexLock lock(&mutex_);
    closed_ = true;
  }
  Wake();
}

std::vector<std::shared_ptr<WatchHub::Seat>> WatchHub::TakeArmed() {
  std::vector<std::shared_ptr<Seat>> armed;
  if (armed_ == 0) return armed;
  for (const auto& seat : seats_) {
    if (std::exchange(seat->armed_, false)) armed.push_back(seat);
  }
  armed_ = 0;
  return armed;
}

}  // namespace parzen::engine
