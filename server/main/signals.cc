#include "server/main/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <initializer_list>

namespace parzen {

namespace {

constexpr std::initializer_list<int> kEnding = {SIGTERM, SIGINT, SIGHUP};

bool IsIgnored(int signal) {
  struct sigaction action{};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

EndSignals::EndSignals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigemptyset(&set_);
  for (const int signal : kEnding) {
    if (!IsIgnored(signal)) sigaddset(&set_, signal);
  }
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

int EndSignals::Wait() {
  int signal = 0;
  while (sigwait(&set_, &signal) != 0) {
  }
  return signal;
}

std::optional<int> EndSignals::WaitFor(std::chrono::milliseconds bound) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(bound);
  const timespec time{.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds(bound - seconds).count()};
  const int signal = sigtimedwait(&set_, nullptr, &time);
  return signal > 0 ? std::optional<int>(signal) : std::nullopt;
}

void EndSignals::NextOneKills() {
  for (const int signal : kEnding) {
    if (sigismember(&set_, signal) == 1) std::signal(signal, [](int number) { _exit(128 + number); });
  }
  pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
}

}  // namespace parzen
