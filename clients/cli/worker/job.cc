#include "clients/cli/worker/job.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "clients/cli/environment.h"
#include "clients/cli/files.h"
#include "clients/cli/json.h"
#include "clients/cli/terminal.h"
#include "clients/cli/utf8.h"
#include "clients/cli/worker/process.h"
#include "clients/cli/worker/reporter.h"

namespace parzen::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kReasonBytes = 4'000;  // the server takes 4 KiB
// How long the worker's own signal is waited for when its command has died of one, or has failed otherwise.
constexpr std::chrono::milliseconds kMomentAfterSignal{2'000}, kMomentAfterExit{250};

// A directory of its own for a trial's files; removed with everything in it.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::error_code error;
    std::string path = (std::filesystem::temp_directory_path(error) / "parzen-XXXXXX").string();
    if (!error && mkdtemp(path.data()) != nullptr) path_ = path;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  bool ok() const { return !path_.empty(); }
  std::string File(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// The signal that a command died of, also where a shell says so by its exit code; 0: none.
int SignalOf(int status) {
  if (WIFSIGNALED(status)) return WTERMSIG(status);
  return WIFEXITED(status) && WEXITSTATUS(status) > 128 && WEXITSTATUS(status) <= 128 + 64 ? WEXITSTATUS(status) - 128 : 0;
}

// Whether the worker was told to stop at the moment its command failed. What ends the worker (a control group's SIGTERM, srun)
// often goes to the commands as well and reaches them first, so the worker's own signal is waited for before they are judged.
bool WorkerStops(int status, const JobRules& rules) {
  pollfd slot = {rules.stop_fd, POLLIN, 0};
  const auto moment = SignalOf(status) != 0 ? kMomentAfterSignal : kMomentAfterExit;
  const Clock::time_point end = Clock::now() + moment;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    const int ready = poll(&slot, 1, static_cast<int>(std::max<int64_t>(0, left.count())));
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

// Why the command was told to end before it did by itself.
enum class Stopped { kNo, kWorkerStops, kPassedOn, kPruned, kStopRequested, kLost, kTimeLimit };

// Watches one running command: passes on its output, signals it when it has to end.
class Supervisor {
 public:
  Supervisor(Process* process, OutputReader* output, const Reporter& reporter, const JobRules& rules, int verdict_fd, int log)
      : process_(process), output_(output), reporter_(reporter), rules_(rules), verdict_fd_(verdict_fd), log_(log) {}

  // Until the process has ended; its status.
  int Run();
  Stopped stopped() const { return stopped_; }
  // Whether the signal that ended it, by its status, is one that the worker has passed on.
  bool EndedByPassedOn(int status) const {
    const int signal = SignalOf(status);
    return (signal == SIGUSR1 || signal == SIGUSR2) && (passed_on_ >> signal & 1) != 0;
  }

 private:
  enum Slot { kOut, kErr, kEnded, kStop, kKill, kVerdict, kSlots };

  void End(Stopped why);
  int NextTimeout() const;
  // Reads what there is; false at the end of the stream.
  bool Drain(int fd, bool standard_output);

  Process* process_;
  OutputReader* output_;
  const Reporter& reporter_;
  const JobRules& rules_;
  const int verdict_fd_, log_;
  Stopped stopped_ = Stopped::kNo;
  uint64_t passed_on_ = 0;  // bit n for signal n
  static constexpr Clock::time_point kNever = Clock::time_point::max();
  Clock::time_point kill_at_ = kNever, limit_at_ = kNever;
};

void Supervisor::End(Stopped why) {
  if (stopped_ != Stopped::kNo) return;
  stopped_ = why;
  process_->Signal(SIGTERM);
  kill_at_ = Clock::now() + rules_.grace;
}

int Supervisor::NextTimeout() const {
  const Clock::time_point next = stopped_ == Stopped::kNo ? limit_at_ : kill_at_;
  if (next == kNever) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 1'000'000'000));
}

bool Supervisor::Drain(int fd, bool standard_output) {
  std::array<char, 16384> buffer;
  while (true) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    const std::string_view bytes(buffer.data(), static_cast<size_t>(got));
    if (log_ >= 0) {
      [[maybe_unused]] const ssize_t written = write(log_, bytes.data(), bytes.size());  // a full disk must not end a trial
    }
    if (standard_output) {
      output_->FeedOutput(bytes);
    } else {
      output_->FeedErrors(bytes);
    }
  }
}

int Supervisor::Run() {
  rules_.running->Add(process_);
  if (rules_.time_limit.has_value()) limit_at_ = Clock::now() + *rules_.time_limit;
  std::array<pollfd, kSlots> slots{};
  slots[kOut].fd = process_->output();
  slots[kErr].fd = process_->errors();
  slots[kEnded].fd = process_->ended();
  slots[kStop].fd = rules_.stop_fd;
  slots[kKill].fd = rules_.kill_fd;
  slots[kVerdict].fd = verdict_fd_;
  for (pollfd& slot : slots) slot.events = POLLIN;
  while (true) {
    if (poll(slots.data(), slots.size(), NextTimeout()) < 0 && errno != EINTR) break;
    const auto ready = [&slots](Slot slot) { return slots[slot].revents != 0; };
    if (ready(kOut) && !Drain(slots[kOut].fd, true)) slots[kOut].fd = -1;
    if (ready(kErr) && !Drain(slots[kErr].fd, false)) slots[kErr].fd = -1;
    if (ready(kEnded)) break;
    if (ready(kStop)) {
      End(Stopped::kWorkerStops);
      slots[kStop].fd = -1;
    }
    if (ready(kVerdict)) {
      slots[kVerdict].fd = -1;
      const Reporter::Verdict verdict = reporter_.verdict();
      if (verdict != Reporter::Verdict::kGoOn) {
        End(verdict == Reporter::Verdict::kPrune  ? Stopped::kPruned
            : verdict == Reporter::Verdict::kStop ? Stopped::kStopRequested
                                                  : Stopped::kLost);
      }
    }
    if (Clock::now() >= limit_at_) End(Stopped::kTimeLimit);
    if (ready(kKill) || Clock::now() >= kill_at_) {
      process_->Signal(SIGKILL);
      slots[kKill].fd = -1;
      kill_at_ = kNever;
    }
  }
  passed_on_ = rules_.running->Remove(process_);
  const int status = process_->Wait();
  // What it wrote before it ended is in the pipes; whoever holds them open longer is not waited for.
  if (slots[kOut].fd >= 0) Drain(slots[kOut].fd, true);
  if (slots[kErr].fd >= 0) Drain(slots[kErr].fd, false);
  output_->End();
  return status;
}

JobResult Failed(FailureKind kind, std::string reason) {
  return {Outcome{TrialState::kFailed, {}, {}, {}, kind, std::string(Utf8Head(RepairUtf8(reason), kReasonBytes))}, {}};
}

// The loss from the result file, where the command wrote one, else from its output.
absl::StatusOr<std::vector<double>> LossesOf(const OutputReader& output, const OutputRules& rules,
                                             const std::string& result_file) {
  const absl::StatusOr<std::string> text = ReadFile(result_file);
  if (!text.ok() || text->find_first_not_of(" \t\r\n") == std::string::npos) return output.Losses();
  absl::StatusOr<std::vector<double>> values = rules.Losses(*text);
  if (values.ok()) return values;
  return absl::NotFoundError("the result file holds no loss: " + Truncate(Printable(RepairUtf8(*text)), 200) + "\n(" +
                             std::string(values.status().message()) + ")");
}

JobResult Judge(int status, const Supervisor& supervisor, const OutputReader& output, const JobRules& rules,
                const std::string& result_file) {
  const std::string exit = DescribeExit(status);
  const absl::StatusOr<std::vector<double>> losses = LossesOf(output, *rules.output, result_file);
  // A command that comes to its end after SIGTERM has a result like any other.
  const bool done = exit.empty() && losses.ok();
  const std::string tail = output.Tail();
  const std::string end = exit.empty() ? std::string("ended without a loss") : exit;
  const std::string with_tail = end + (tail.empty() ? "" : ":\n" + tail);
  const bool infeasible = rules.infeasible_exit.has_value() && WIFEXITED(status) && WEXITSTATUS(status) == *rules.infeasible_exit;
  Stopped stopped = supervisor.stopped();
  if (stopped == Stopped::kNo && !done && !infeasible) {
    if (supervisor.EndedByPassedOn(status)) {
      stopped = Stopped::kPassedOn;
    } else if (WorkerStops(status, rules)) {
      stopped = Stopped::kWorkerStops;
    }
  }
  // Late, but a result: the server takes it where nobody else has told one.
  if (stopped == Stopped::kLost && !done) return {std::nullopt, "passed to another worker, or ended by somebody else"};
  if (stopped == Stopped::kPruned) return {Outcome{TrialState::kPruned, {}, {}, {}, FailureKind::kNone, {}}, {}};
  if (done) return {Outcome{TrialState::kComplete, *losses, {}, {}, FailureKind::kNone, {}}, {}};
  if (stopped == Stopped::kWorkerStops) return Failed(FailureKind::kPreempted, "preempted: the worker was told to stop");
  if (stopped == Stopped::kPassedOn) return Failed(FailureKind::kPreempted, "preempted, by a signal to the worker: " + exit);
  if (stopped == Stopped::kStopRequested) return Failed(FailureKind::kCrashed, "stopped on request: " + with_tail);
  if (stopped == Stopped::kTimeLimit) return Failed(FailureKind::kCrashed, "over its time limit: " + with_tail);
  if (infeasible) return Failed(FailureKind::kInfeasible, with_tail);
  if (exit.empty()) return Failed(FailureKind::kCrashed, std::string(losses.status().message()));
  return Failed(FailureKind::kCrashed, with_tail);
}

}  // namespace

JobResult RunJob(const Trial& trial, const JobRules& rules, const std::function<void(const Outcome&)>& keep) {
  // The command has not run: the trial goes back to the queue, or fails where every worker would meet the same.
  const auto not_run = [&keep](const absl::Status& why, bool by_trial) {
    JobResult result = Failed(by_trial ? FailureKind::kCrashed : FailureKind::kPreempted, std::string(why.message()));
    if (!by_trial) result.cannot_run = why;
    keep(*result.outcome);
    return result;
  };
  const ScratchDirectory scratch;
  if (!scratch.ok()) return not_run(absl::InternalError("the worker cannot make a temporary directory"), false);
  const std::string params_file = scratch.File("params.json"), result_file = scratch.File("result");
  const std::string params = Dump(ToJson(trial.params()));
  if (const absl::Status status = WriteFile(params_file, params + "\n"); !status.ok()) {
    return not_run(absl::InternalError("the worker " + std::string(status.message())), false);
  }
  std::vector<std::pair<std::string, std::string>> variables = TrialEnvironment(trial.frozen(), rules.space);
  variables.emplace_back("PARZEN_PARAMS_FILE", params_file);
  variables.emplace_back("PARZEN_RESULT_FILE", result_file);

  Descriptor log;
  if (!rules.logs.empty()) {
    const std::string path = rules.logs + "/" + std::to_string(trial.number()) + ".log";
    log = Descriptor(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  }
  const Descriptor verdict(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  Reporter reporter(trial, verdict.get(), rules.patient);
  OutputReader output(rules.output, [&reporter](IntermediateValue value) { reporter.Add(value); });
  absl::StatusOr<Process> process = Process::Start(rules.command.Expand(trial.frozen(), params_file), variables);
  if (!process.ok()) {
    // The trial's parameters name the program, or are too long for it.
    return not_run(process.status(), absl::IsInvalidArgument(process.status()) || !rules.command.Program().has_value());
  }
  Supervisor supervisor(&*process, &output, reporter, rules, verdict.get(), log.get());
  const int status = supervisor.Run();
  JobResult result = Judge(status, supervisor, output, rules, result_file);
  if (result.outcome.has_value()) {
    keep(*result.outcome);
    // A retry begins anew, so nobody needs the rest of a preempted trial's values.
    const bool preempted = result.outcome->failure == FailureKind::kPreempted;
    const absl::Status reported = preempted ? absl::OkStatus() : reporter.Flush();
    if (!reported.ok() && !absl::IsCancelled(reported)) {
      result.note = "an intermediate value was refused: " + std::string(reported.message());
    }
  }
  return result;
}

}  // namespace parzen::cli
