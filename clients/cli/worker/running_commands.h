// The commands that a worker runs now, for signals that are meant for all of them.

#ifndef PARZEN_CLIENTS_CLI_WORKER_RUNNING_COMMANDS_H_
#define PARZEN_CLIENTS_CLI_WORKER_RUNNING_COMMANDS_H_

#include <cstdint>
#include <map>

#include "base/mutex.h"
#include "clients/cli/worker/guard.h"
#include "clients/cli/worker/process.h"

namespace parzen::cli {

// Thread safe. A process is known here from its start until it is reaped: nobody else has its number meanwhile.
class RunningCommands {
 public:
  // A guard, which may be null, outlives it.
  explicit RunningCommands(const Guard* guard = nullptr) : guard_(guard) {}

  void Add(const Process* process) {
    const MutexLock lock(&mutex_);
    processes_.emplace(process, 0);
    if (guard_ != nullptr) guard_->Watch(process->group());
  }
  // The signals that Signal has sent to it: bit n for signal n.
  uint64_t Remove(const Process* process) {
    const MutexLock lock(&mutex_);
    const uint64_t sent = processes_[process];
    processes_.erase(process);
    if (guard_ != nullptr) guard_->Forget(process->group());
    return sent;
  }
  // To the process group of each; 1 to 63.
  void Signal(int signal) {
    const MutexLock lock(&mutex_);
    for (auto& [process, sent] : processes_) {
      process->Signal(signal);
      sent |= uint64_t{1} << signal;
    }
  }

 private:
  const Guard* const guard_;
  Mutex mutex_;
  std::map<const Process*, uint64_t> processes_ GUARDED_BY(mutex_);
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_RUNNING_COMMANDS_H_
