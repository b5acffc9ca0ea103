#include "server/engine/watch_hub.h"

#include <algorithm>
#include <utility>

namespace parzen::engine {

std::shared_ptr<WatchHub::Seat> WatchHub::Join(std::function<void()> changed) {
  auto seat = std::make_shared<Seat>(std::move(changed));
  const std::lock_guard lock(mutex_);
  seats_.push_back(seat);
  return seat;
}

void WatchHub::Leave(const std::shared_ptr<Seat>& seat) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(seat->armed_, false)) --armed_;
  seat->left_ = true;
  std::erase(seats_, seat);
}

void WatchHub::Arm(const std::shared_ptr<Seat>& seat, int64_t revision) {
  {
    const std::lock_guard lock(mutex_);
    if (seat->left_) return;
    if (!closed_ && revision >= revision_) {
      if (!std::exchange(seat->armed_, true)) ++armed_;
      return;
    }
  }
  seat->changed_();
}

void WatchHub::Moved(int64_t revision) {
  std::unique_lock lock(mutex_);
  revision_ = std::max(revision_, revision);
  CallArmed(std::move(lock));
}

void WatchHub::Wake() { CallArmed(std::unique_lock(mutex_)); }

void WatchHub::Close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  CallArmed(std::move(lock));
}

void WatchHub::CallArmed(std::unique_lock<std::mutex> lock) {
  if (armed_ == 0) return;
  std::vector<std::shared_ptr<Seat>> armed;
  for (const auto& seat : seats_) {
    if (std::exchange(seat->armed_, false)) armed.push_back(seat);
  }
  armed_ = 0;
  lock.unlock();
  for (const auto& seat : armed) seat->changed_();
}

}  // namespace parzen::engine
