#include "server/main/every.h"

#include <utility>

namespace parzen {

Every::Every(std::chrono::milliseconds period, std::function<void()> act)
    : period_(period), act_(std::move(act)), thread_([this] { Run(); }) {}

Every::~Every() {
  {
    const MutexLock lock(&mutex_);
    ending_ = true;
  }
  wake_.NotifyAll();
  thread_.join();
}

void Every::Run() {
  MutexLock lock(&mutex_);
  while (!ending_) {
    const auto next = std::chrono::steady_clock::now() + period_;
    while (!ending_ && wake_.WaitUntil(&mutex_, next)) {
    }
    if (ending_) return;
    lock.Unlock();
    act_();
    lock.Lock();
  }
}

}  // namespace parzen
