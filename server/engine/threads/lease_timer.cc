#include "server/engine/threads/lease_timer.h"

#include <algorithm>
#include <chrono>

namespace parzen::engine {
namespace {

constexpr int64_t kLongestSleepMicros = int64_t{3600} * 1'000'000;

}  // namespace

LeaseTimer::LeaseTimer(std::function<int64_t()> now, std::function<void(uint64_t)> due)
    : now_(std::move(now)), due_(std::move(due)), thread_([this] { Run(); }) {}

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
}

void LeaseTimer::Stop() {
  {
    const MutexLock lock(&mutex_);
    stopped_ = true;
    wake_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
}

void LeaseTimer::CallDue() {
  while (!stopped_ && !order_.empty() && order_.begin()->first <= now_()) {
    const uint64_t uid = order_.begin()->second;
    order_.erase(order_.begin());
    moments_.erase(uid);
    mutex_.Unlock();
    due_(uid);
    mutex_.Lock();
  }
}

void LeaseTimer::Run() {
  const MutexLock lock(&mutex_);
  while (!stopped_) {
    CallDue();
    if (stopped_) return;
    if (order_.empty()) {
      wake_.Wait(&mutex_);
      continue;
    }
    const int64_t left = std::clamp<int64_t>(order_.begin()->first - now_(), 0, kLongestSleepMicros);
    if (left > 0) wake_.WaitFor(&mutex_, std::chrono::microseconds(left));
  }
}

}  // namespace parzen::engine
