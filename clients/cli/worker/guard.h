// Ends what a worker's commands have started where the worker itself is killed: the kernel ends the commands with it, but not
// their children, which would train on for nobody.

#ifndef PARZEN_CLIENTS_CLI_WORKER_GUARD_H_
#define PARZEN_CLIENTS_CLI_WORKER_GUARD_H_

#include <sys/types.h>

#include "absl/status/statusor.h"
#include "clients/cli/worker/process.h"

namespace parzen::cli {

// A small process that reads from a pipe which groups run, and kills what is left of them when the pipe ends: the worker has
// gone, in whatever way. It takes no other signal than SIGKILL.
class Guard {
 public:
  // Forks: before the process has other threads.
  static absl::StatusOr<Guard> Start();
  Guard(Guard&& other) noexcept : pid_(std::exchange(other.pid_, -1)), pipe_(std::move(other.pipe_)) {}
  Guard& operator=(Guard&&) = delete;
  // Ends it.
  ~Guard();

  // From any thread. Whatever process group is watched and not forgotten when this process ends is killed.
  void Watch(pid_t group) const { Tell(group); }
  void Forget(pid_t group) const { Tell(-group); }

 private:
  Guard(pid_t pid, Descriptor pipe) : pid_(pid), pipe_(std::move(pipe)) {}
  void Tell(pid_t group) const;

  pid_t pid_;
  Descriptor pipe_;
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_GUARD_H_
