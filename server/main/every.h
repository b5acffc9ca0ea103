// A thread that does something again and again.

#ifndef PARZEN_SERVER_MAIN_EVERY_H_
#define PARZEN_SERVER_MAIN_EVERY_H_

#include <chrono>
#include <functional>
#include <thread>

#include "base/mutex.h"

namespace parzen {

// Calls `act` once a period, first after one, until it is destroyed; a call under way is waited for.
class Every {
 public:
  Every(std::chrono::milliseconds period, std::function<void()> act);
  ~Every();
  Every(const Every&) = delete;
  Every& operator=(const Every&) = delete;

 private:
  void Run();

  const std::chrono::milliseconds period_;
  const std::function<void()> act_;
  Mutex mutex_;
  CondVar wake_;
  bool ending_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace parzen

#endif  // PARZEN_SERVER_MAIN_EVERY_H_
