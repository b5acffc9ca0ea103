// SIGTERM, SIGINT and SIGHUP end the process: the first one gracefully, the second at once. Those of them that were ignored when
// the process began stay ignored: nohup and a script's `&` ask for that.

#ifndef PARZEN_SERVER_MAIN_SIGNALS_H_
#define PARZEN_SERVER_MAIN_SIGNALS_H_

#include <chrono>
#include <csignal>
#include <optional>

namespace parzen {

// Made before any other thread, which inherit that these signals are blocked. Also as process 1 of a container, where signals
// without a handler are ignored.
class EndSignals {
 public:
  EndSignals();

  // Waits for the first one; its number.
  int Wait();
  // The same, for at most so long; none where none came.
  std::optional<int> WaitFor(std::chrono::milliseconds bound);
  // From now on one more ends the process at once, with the exit code that shells give to it.
  void NextOneKills();

 private:
  sigset_t set_;  // those that end it
};

}  // namespace parzen

#endif  // PARZEN_SERVER_MAIN_SIGNALS_H_
