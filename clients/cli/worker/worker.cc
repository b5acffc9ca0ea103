#include "clients/cli/worker/worker.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <thread>

#include "clients/cli/json.h"
#include "clients/cli/terminal.h"
#include "clients/cli/trial_text.h"

namespace parzen::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWaitForTrials{2'000};  // between asks while others' trials may come back, or the study is paused

// More than 30 years is for ever; the clock could not hold it.
milliseconds Millis(double seconds) { return milliseconds(static_cast<int64_t>(std::min(seconds, 1e9) * 1000)); }

}  // namespace

Worker::Worker(const Context& context, WorkerOptions options) : context_(context), options_(std::move(options)) {}
Worker::~Worker() = default;

absl::Status Worker::Prepare() {
  absl::StatusOr<Spool> spool = Spool::Open(options_.spool);
  if (!spool.ok()) return spool.status();
  spool_ = *std::move(spool);
  if (!options_.logs.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options_.logs, error);
    if (error) return absl::InvalidArgumentError("cannot make " + options_.logs + " for logs: " + error.message());
  }

  // The study is looked up with the usual timeout, so that a wrong address shows at once. From then on the server may be away.
  const absl::StatusOr<Study> found = context_.OpenStudy(options_.study);
  if (!found.ok()) return found.status();
  const auto connect = [this](std::optional<Client>* client, std::optional<Study>* study) -> absl::Status {
    absl::StatusOr<ClientOptions> options = context_.Options();
    if (!options.ok()) return options.status();
    options->worker = options_.name;
    options->timeout = ClientOptions::kForever;
    options->on_retry = [this](const absl::Status& status) { SayAway(status); };
    absl::StatusOr<Client> made = Client::Create(*std::move(options));
    if (!made.ok()) return made.status();
    absl::StatusOr<Study> opened = made->GetStudy(options_.study);
    if (!opened.ok()) return opened.status();
    *client = *std::move(made);
    *study = *std::move(opened);
    return absl::OkStatus();
  };
  if (const absl::Status status = connect(&asking_, &ask_study_); !status.ok()) return status;
  if (const absl::Status status = connect(&telling_, &tell_study_); !status.ok()) return status;

  const StudyConfig& config = ask_study_->info().config;
  absl::StatusOr<CommandTemplate> command = CommandTemplate::Create(options_.command, config.space);
  if (!command.ok()) return command.status();
  if (const std::optional<std::string> program = command->Program()) {
    if (const absl::Status status = CheckProgram(*program); !status.ok()) return status;
  }
  absl::StatusOr<std::shared_ptr<const OutputRules>> output = OutputRules::Create(config.directions.size(), options_.pattern);
  if (!output.ok()) return output.status();
  stop_ = Descriptor(eventfd(0, EFD_CLOEXEC));
  kill_ = Descriptor(eventfd(0, EFD_CLOEXEC));
  done_ = Descriptor(eventfd(0, EFD_CLOEXEC));
  rules_ = JobRules{*std::move(command), *std::move(output), options_.logs, Millis(options_.grace)};
  if (options_.time_limit.has_value()) rules_->time_limit = Millis(*options_.time_limit);
  rules_->infeasible_exit = options_.infeasible_exit;
  rules_->stop_fd = stop_.get();
  rules_->kill_fd = kill_.get();
  return absl::OkStatus();
}

int Worker::Run() {
  // Blocked before any thread starts; the children unblock them.
  sigset_t signals, before;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, &before);
  ::signal(SIGPIPE, SIG_IGN);
  signals_ = Descriptor(signalfd(-1, &signals, SFD_CLOEXEC));
  if (const absl::Status status = Prepare(); !status.ok()) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return context_.Finish(status);
  }
  TellKept();
  std::vector<std::thread> jobs;
  std::atomic<int> running = options_.jobs;
  for (int i = 0; i < options_.jobs; ++i) {
    jobs.emplace_back([this, i, &running] {
      // One thread takes up what a worker of this name left behind.
      JobLoop(i == 0 && !options_.name.empty());
      if (--running == 0) eventfd_write(done_.get(), 1);
    });
  }
  WatchSignals();
  for (std::thread& job : jobs) job.join();
  if (signal_ != 0) {
    Say("stopped by " + std::string(signal_ == SIGINT ? "SIGINT" : signal_ == SIGHUP ? "SIGHUP" : "SIGTERM"));
    return 128 + signal_;
  }
  return context_.Finish(error_);
}

void Worker::WatchSignals() {
  pollfd slots[2] = {{signals_.get(), POLLIN, 0}, {done_.get(), POLLIN, 0}};
  std::optional<std::chrono::steady_clock::time_point> give_up;
  while (true) {
    int timeout = -1;
    if (give_up.has_value()) {
      const auto left = std::chrono::ceil<milliseconds>(*give_up - std::chrono::steady_clock::now());
      timeout = static_cast<int>(std::max<int64_t>(0, left.count()));
    }
    const int ready = poll(slots, 2, timeout);
    if (slots[1].revents != 0) return;
    if (ready == 0 && give_up.has_value()) {
      // The server is away and we have to go: what is untold stays in the spool for the next worker.
      asking_->Cancel();
      telling_->Cancel();
      give_up.reset();
    }
    if (slots[0].revents == 0) continue;
    signalfd_siginfo info;
    if (read(signals_.get(), &info, sizeof(info)) != sizeof(info)) continue;
    if (signal_ == 0) {
      signal_ = static_cast<int>(info.ssi_signo);
      // Time for the commands to end, and as much again to tell.
      give_up = std::chrono::steady_clock::now() + 2 * rules_->grace + milliseconds(1'000);
      Stop(absl::OkStatus());
      eventfd_write(stop_.get(), 1);
    } else {
      eventfd_write(kill_.get(), 1);
      give_up = std::chrono::steady_clock::now() + milliseconds(2'000);
    }
  }
}

void Worker::Stop(absl::Status error) {
  std::lock_guard lock(mutex_);
  if (error_.ok()) error_ = std::move(error);
  stopping_ = true;
  changed_.notify_all();
}

bool Worker::TakeTurn() {
  std::lock_guard lock(mutex_);
  if (Stopping() || (options_.max_trials.has_value() && turns_ >= *options_.max_trials)) return false;
  ++turns_;
  return true;
}

void Worker::GiveTurnBack() {
  std::lock_guard lock(mutex_);
  --turns_;
}

void Worker::Pause(milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return Stopping(); });
}

void Worker::TellKept() {
  for (const auto& [handle, outcome] : spool_->Of(tell_study_->info().uid)) {
    Say("telling trial " + std::to_string(handle.number) + ", kept in " + spool_->directory());
    Tell(handle, outcome);
  }
}

// The connection that asks renews no lease: the one that tells does.
absl::StatusOr<FrozenTrial> Worker::AskOne(bool resume) {
  const absl::StatusOr<Trial> trial = ask_study_->Ask({.resume = resume, .lease = options_.lease});
  if (!trial.ok()) return trial.status();
  return trial->frozen();
}

void Worker::JobLoop(bool resume) {
  while (TakeTurn()) {
    const absl::StatusOr<FrozenTrial> trial = AskOne(resume);
    if (!trial.ok()) {
      GiveTurnBack();
      if (AfterAsk(trial.status()) == Next::kEnd) return;
      continue;
    }
    away_ = false;
    RunTrial(*trial);
  }
}

Worker::Next Worker::AfterAsk(const absl::Status& status) {
  const std::string reason = ErrorReason(status);
  if (Stopping() || reason == "STUDY_FINISHED" || reason == "SPACE_EXHAUSTED") return Next::kEnd;
  if (reason == "ALL_HANDED_OUT" && !options_.wait) return Next::kEnd;
  if (reason == "ALL_HANDED_OUT" || reason == "STUDY_PAUSED") {
    Pause(kWaitForTrials);
    return Next::kAgain;
  }
  if (absl::IsResourceExhausted(status)) {  // a limit or a full disk: passes, or somebody makes room
    SayAway(status);
    Pause(kWaitForTrials);
    return Next::kAgain;
  }
  Stop(status);
  return Next::kEnd;
}

void Worker::RunTrial(const FrozenTrial& trial) {
  const auto started = std::chrono::steady_clock::now();
  Say("trial " + std::to_string(trial.number()) + " started");
  // The connection that tells renews the lease, also while the worker stops.
  JobResult result = RunJob(tell_study_->Attach(trial), *rules_, [this, &trial](const Outcome& outcome) {
    if (const absl::Status kept = spool_->Put(trial.handle, outcome); !kept.ok()) Say(std::string(kept.message()));
  });
  std::string line = "trial " + std::to_string(trial.number()) + " ";
  if (result.outcome.has_value()) {
    FrozenTrial shown = trial;
    shown.state = result.outcome->state;
    shown.values = result.outcome->values;
    line += std::string(ToText(shown.state));
    if (const std::string values = ValuesText(shown); !values.empty()) line += " " + values;
    line += " (" + ShortDuration(std::chrono::steady_clock::now() - started) + ")";
    if (!result.outcome->reason.empty()) line += ": " + result.outcome->reason;
  } else {
    line += result.note;
  }
  Say(line);
  if (result.outcome.has_value() && !result.note.empty()) Say("trial " + std::to_string(trial.number()) + ": " + result.note);
  if (!result.outcome.has_value()) return;

  // Before the trial is back in the queue: another thread would take it up.
  if (!result.cannot_run.ok()) Stop(result.cannot_run);
  const bool crashed = result.outcome->failure == FailureKind::kCrashed;
  Tell(trial.handle, *result.outcome);
  std::unique_lock lock(mutex_);
  failures_in_a_row_ = crashed ? failures_in_a_row_ + 1 : 0;
  const bool enough = options_.max_failures > 0 && failures_in_a_row_ >= options_.max_failures;
  lock.unlock();
  if (enough && !Stopping()) {
    Stop(
        absl::InternalError(std::to_string(options_.max_failures) +
                            " trials failed in a row: look at the command ('parzen trials' shows why), or raise --max-failures"));
  }
}

void Worker::Tell(const TrialHandle& handle, const Outcome& outcome) {
  const absl::StatusOr<FrozenTrial> told = tell_study_->Tell(handle, outcome);
  if (told.ok()) {
    away_ = false;
    spool_->Remove(handle);
    return;
  }
  if (absl::IsCancelled(told.status()) || absl::IsResourceExhausted(told.status())) {
    Say("trial " + std::to_string(handle.number) + " is not told yet, it is kept in " + spool_->directory());
    return;
  }
  // The server has another outcome, or the study or trial is gone: telling again would not help.
  spool_->Remove(handle);
  Say("trial " + std::to_string(handle.number) + " was not recorded: " + std::string(told.status().message()));
}

void Worker::Say(const std::string& line) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  if (context_.json) {
    std::fprintf(stdout, "%s\n", Dump(Json{{"time", UtcTime(std::chrono::system_clock::now())}, {"event", line}}).c_str());
  } else {
    std::fprintf(stdout, "%s\n", Printable(line).c_str());
  }
  std::fflush(stdout);
}

void Worker::SayAway(const absl::Status& status) {
  if (!away_.exchange(true)) Say(std::string(status.message()) + "; trying again until it does");
}

}  // namespace parzen::cli
