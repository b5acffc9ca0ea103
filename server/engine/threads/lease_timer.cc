#include "server/engine/threads/lease_timer.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace parzen::engine {
namespace {

constexpr int64_t kLongestSleepMicros = 500'000;
// Awake less often than this: the process stood still. On a machine that is merely overloaded a lease lasts longer, which harms
// nobody.
constexpr int64_t kPauseMicros = 3 * kLongestSleepMicros;

}  // namespace

LeaseTimer::LeaseTimer(std::function<int64_t()> now, std::function<int64_t()> uptime, std::function<void(uint64_t)> due)
    : now_(std::move(now)), uptime_(std::move(uptime)), due_(std::move(due)), awake_at_(uptime_()), thread_([this] { Run(); }) {}

LeaseTimer::~LeaseTimer() { Stop(); }

void LeaseTimer::WakeAt(uint64_t uid, int64_t moment) {
  const MutexLock lock(&mutex_);
  if (stopped_) return;
  const auto [entry, is_new] = moments_.try_emplace(uid, moment);
  if (!is_new) {
    if (entry->second <= moment) return;
    order_.erase({entry->second, uid});
    entry->second = moment;
  }
  order_.insert({moment, uid});
  if (order_.begin()->second == uid) wake_.NotifyOne();
}

void LeaseTimer::Check() {
  const MutexLock lock(&mutex_);
  CallDue();
  while (calling_ > 0) called_.Wait(&mutex_);
}

void LeaseTimer::Stop() {
  {
    const MutexLock lock(&mutex_);
    stopped_ = true;
    wake_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
}

void LeaseTimer::NoticePause() {
  const int64_t now = uptime_();
  if (now - awake_at_ > kPauseMicros) resumed_at_.store(now_(), std::memory_order_relaxed);
  awake_at_ = now;
}

void LeaseTimer::CallDue() {
  NoticePause();
  while (!stopped_ && !order_.empty() && order_.begin()->first <= now_()) {
    NoticePause();  // also between two studies
    const uint64_t uid = order_.begin()->second;
    order_.erase(order_.begin());
    moments_.erase(uid);
    ++calling_;
    mutex_.Unlock();
    due_(uid);
    mutex_.Lock();
    if (--calling_ == 0) called_.NotifyAll();
  }
}

void LeaseTimer::Run() {
  const MutexLock lock(&mutex_);
  while (!stopped_) {
    CallDue();
    if (stopped_) return;
    const int64_t left =
        order_.empty() ? kLongestSleepMicros : std::clamp<int64_t>(order_.begin()->first - now_(), 0, kLongestSleepMicros);
    if (left > 0) wake_.WaitFor(&mutex_, std::chrono::microseconds(left));
  }
}

}  // namespace parzen::engine
