// Ctrl-C in a command that has something to finish first.

#ifndef PARZEN_CLIENTS_CLI_INTERRUPT_H_
#define PARZEN_CLIENTS_CLI_INTERRUPT_H_

namespace parzen::cli {

// While it lives, the first SIGINT, SIGTERM or SIGHUP is only noted; the second ends the process at once, as it would have. What
// is ignored stays ignored. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // The signal; 0 while there was none.
  int signal() const;
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_INTERRUPT_H_
