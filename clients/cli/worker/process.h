// A command in a process group of its own, its output in pipes.

#ifndef PARZEN_CLIENTS_CLI_WORKER_PROCESS_H_
#define PARZEN_CLIENTS_CLI_WORKER_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace parzen::cli {

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { Close(); }
  int get() const { return fd_; }
  void Close();

 private:
  int fd_ = -1;
};

// INVALID_ARGUMENT where Process::Start would find no file for `program`, or none that may be executed.
absl::Status CheckProgram(const std::string& program);

class Process {
 public:
  // Starts `command` (looked up in PATH) with our environment and `variables` on top; standard input is empty. The process gets a
  // group of its own, and SIGKILL when the calling thread ends: that thread has to outlive it. The error says why it cannot be
  // started; it is INVALID_ARGUMENT where the arguments are too long.
  static absl::StatusOr<Process> Start(const std::vector<std::string>& command,
                                       const std::vector<std::pair<std::string, std::string>>& variables);
  Process(Process&&) = default;
  Process& operator=(Process&&) = default;
  // Kills what is left of the group and reaps the process.
  ~Process();

  int output() const { return output_.get(); }
  int errors() const { return errors_.get(); }
  // Its process group.
  pid_t group() const { return pid_; }
  // Readable once the process has ended.
  int ended() const { return pidfd_.get(); }

  // To every process of the group.
  void Signal(int signal) const;
  // Waits for the end; the status as waitpid gives it.
  int Wait();

 private:
  Process() = default;

  pid_t pid_ = -1;
  Descriptor output_, errors_, pidfd_;
};

// "" for success, else "exit code 3" or "killed by signal 9 (Killed)".
std::string DescribeExit(int status);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_PROCESS_H_
