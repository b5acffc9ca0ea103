#include "clients/cli/interrupt.h"

#include <signal.h>

namespace parzen::cli {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
volatile sig_atomic_t noted = 0;  // all that a signal handler may write

// For all of the signals: whichever comes second ends the process.
void Note(int signal) {
  noted = signal;
  for (const int other : kSignals) {
    struct sigaction found{};
    if (sigaction(other, nullptr, &found) == 0 && found.sa_handler == Note) ::signal(other, SIG_DFL);
  }
}

}  // namespace

Interrupt::Interrupt() {
  noted = 0;
  for (const int signal : kSignals) {
    struct sigaction found{}, note{};
    if (sigaction(signal, nullptr, &found) != 0 || found.sa_handler == SIG_IGN) continue;
    note.sa_handler = Note;
    note.sa_flags = SA_RESTART;
    sigaction(signal, &note, nullptr);
  }
}

Interrupt::~Interrupt() {
  for (const int signal : kSignals) {
    struct sigaction found{};
    if (sigaction(signal, nullptr, &found) == 0 && found.sa_handler == Note) ::signal(signal, SIG_DFL);
  }
}

int Interrupt::signal() const { return noted; }

}  // namespace parzen::cli
