#include "clients/cli/optuna_import.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <vector>

#include "clients/cli/worker/process.h"

namespace parzen::cli {
namespace {

absl::Status Failed(const std::string& what) {
  return absl::InternalError(what +
                             "; the Python client is needed (pip install ./clients/python), in python3 or in the Python that "
                             "PARZEN_PYTHON names");
}

// Starts the command with its standard output in `pipe`.
int Start(const std::vector<std::string>& command, int pipe, pid_t* pid) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe, STDOUT_FILENO);
  const int error = posix_spawnp(pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

absl::StatusOr<std::string> ReadOptunaStorage(const std::string& url, const std::string& study) {
  const char* named = std::getenv("PARZEN_PYTHON");
  const std::string python = named != nullptr && *named != '\0' ? named : "python3";
  std::vector<std::string> command = {python, "-m", "parzen.optuna_import", url};
  if (!study.empty()) command.insert(command.end(), {"--study", study});
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::InternalError("no pipe: " + std::generic_category().message(errno));
  Descriptor reading(ends[0]), writing(ends[1]);
  pid_t pid = 0;
  const int error = Start(command, writing.get(), &pid);
  writing.Close();
  if (error != 0) return Failed("cannot start " + python + ": " + std::generic_category().message(error));
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t got = read(reading.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  // The helper has said why.
  if (WIFEXITED(status) && WEXITSTATUS(status) == 2) return absl::InvalidArgumentError("nothing was imported from " + url);
  const std::string exit = DescribeExit(status);
  if (!exit.empty()) return Failed(python + " -m parzen.optuna_import: " + exit);
  return text;
}

}  // namespace parzen::cli
