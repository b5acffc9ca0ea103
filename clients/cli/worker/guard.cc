#include "clients/cli/worker/guard.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <system_error>

namespace parzen::cli {
namespace {

// Reads n to watch a group, -n to forget it, until the pipe ends.
[[noreturn]] void Run(int pipe) {
  setsid();  // a terminal's signals are for the worker
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) ::signal(signal, SIG_IGN);
  // Whoever reads the worker's output to its end shall not wait for us.
  const int nothing = open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nothing, stream);
  std::set<pid_t> groups;
  while (true) {
    pid_t told = 0;
    const ssize_t got = read(pipe, &told, sizeof(told));
    if (got < 0 && errno == EINTR) continue;
    if (got != sizeof(told)) break;
    if (told > 0) {
      groups.insert(told);
    } else {
      groups.erase(-told);
    }
  }
  for (const pid_t group : groups) kill(-group, SIGKILL);
  _exit(0);
}

}  // namespace

absl::StatusOr<Guard> Guard::Start() {
  int ends[2];
  const auto failed = [] { return absl::InternalError("cannot start a process: " + std::generic_category().message(errno)); };
  if (pipe2(ends, O_CLOEXEC) != 0) return failed();
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const pid_t pid = fork();
  if (pid < 0) return failed();
  if (pid == 0) {
    writing.Close();
    Run(reading.get());
  }
  return Guard(pid, std::move(writing));
}

Guard::~Guard() {
  if (pid_ < 0) return;
  pipe_.Close();
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Guard::Tell(pid_t group) const {
  // Few bytes go into a pipe whole. Where the guard is gone, nothing can be done, and the commands still die with the worker.
  [[maybe_unused]] const ssize_t written = write(pipe_.get(), &group, sizeof(group));
}

}  // namespace parzen::cli
