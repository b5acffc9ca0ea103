#include "clients/cli/worker/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

extern "C" {  // glibc 2.36 forgot to say so
#include <sys/pidfd.h>
}

namespace parzen::cli {
namespace {

std::string ErrorText(int error) { return std::generic_category().message(error); }

bool MakePipe(Descriptor* read, Descriptor* write) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  *read = Descriptor(ends[0]);
  *write = Descriptor(ends[1]);
  return true;
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));  // exec takes char*, and only reads
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const std::vector<std::pair<std::string, std::string>>& variables) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string::npos) merged[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : variables) merged[name] = value;
  std::vector<std::string> environment;
  for (const auto& [name, value] : merged) environment.push_back(name + "=" + value);
  return environment;
}

// In the child, between fork and exec: only what is safe there. Never returns.
[[noreturn]] void Execute(char* const* arguments, char* const* environment, pid_t parent, int output, int errors, int failure) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before we could ask
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 && dup2(errors, STDERR_FILENO) >= 0) {
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);
    execvpe(arguments[0], arguments, environment);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(failure, &error, sizeof(error));
  _exit(127);
}

}  // namespace

absl::Status CheckProgram(const std::string& program) {
  const auto cannot_run = [&program](const std::string& why) {
    return absl::InvalidArgumentError("cannot run '" + program + "': " + why);
  };
  std::vector<std::string> files = {program};
  const bool searched = program.find('/') == std::string::npos;
  if (searched) {
    const char* set = std::getenv("PATH");
    const std::string path = set == nullptr ? "/bin:/usr/bin" : set;
    files.clear();
    for (const auto& directory : absl::StrSplit(path, ':')) {
      files.push_back(absl::StrCat(directory.empty() ? "." : directory, "/", program));
    }
  }
  std::string found;  // but not executable
  for (const std::string& file : files) {
    struct stat about;
    if (program.empty() || stat(file.c_str(), &about) != 0) continue;
    if (S_ISREG(about.st_mode) && faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0) return absl::OkStatus();
    if (found.empty()) found = file;
  }
  if (!found.empty()) return cannot_run((searched ? found : "it") + " is no executable file");
  return cannot_run(searched ? "no directory of PATH has it" : ErrorText(ENOENT));
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Descriptor::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

absl::StatusOr<Process> Process::Start(const std::vector<std::string>& command,
                                       const std::vector<std::pair<std::string, std::string>>& variables) {
  const std::vector<std::string> environment = Environment(variables);
  const std::vector<char*> arguments = Pointers(command), entries = Pointers(environment);
  Process process;
  Descriptor output, errors, failure_read, failure_write;
  if (!MakePipe(&process.output_, &output) || !MakePipe(&process.errors_, &errors) || !MakePipe(&failure_read, &failure_write)) {
    return absl::InternalError("cannot make a pipe: " + ErrorText(errno));
  }
  const pid_t parent = getpid();
  process.pid_ = fork();
  if (process.pid_ < 0) return absl::InternalError("cannot start a process: " + ErrorText(errno));
  if (process.pid_ == 0) {
    Execute(arguments.data(), entries.data(), parent, output.get(), errors.get(), failure_write.get());
  }
  setpgid(process.pid_, process.pid_);  // whoever is first; a signal must not miss the group
  failure_write.Close();
  int error = 0;
  ssize_t got = 0;
  do {
    got = read(failure_read.get(), &error, sizeof(error));
  } while (got < 0 && errno == EINTR);
  if (got == sizeof(error)) {
    const std::string message = "cannot run '" + command[0] + "': " + ErrorText(error);
    return error == E2BIG ? absl::InvalidArgumentError(message) : absl::InternalError(message);
  }
  process.pidfd_ = Descriptor(pidfd_open(process.pid_, 0));
  if (process.pidfd_.get() < 0) return absl::InternalError("cannot watch a process: " + ErrorText(errno));
  fcntl(process.output_.get(), F_SETFL, O_NONBLOCK);
  fcntl(process.errors_.get(), F_SETFL, O_NONBLOCK);
  return process;
}

Process::~Process() {
  // A moved-from process has no pidfd and no pipes any more.
  if (pid_ > 0 && output_.get() >= 0) {
    Signal(SIGKILL);
    Wait();
  }
}

void Process::Signal(int signal) const { kill(-pid_, signal); }

int Process::Wait() {
  siginfo_t info;
  while (waitid(P_PID, pid_, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
  // What it left running goes with it; as long as the leader is not reaped, nobody else has its number.
  Signal(SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

std::string DescribeExit(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (WIFEXITED(status)) return "exit code " + std::to_string(WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  const char* name = sigdescr_np(signal);
  return "killed by signal " + std::to_string(signal) + " (" + (name == nullptr ? "unknown" : name) + ")";
}

}  // namespace parzen::cli
