#include "clients/cli/worker/worker.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <thread>

#include "base/status_macros.h"
#include "clients/cli/json.h"
#include "clients/cli/terminal.h"
#include "clients/cli/trial_text.h"

namespace parzen::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWaitForTrials{2'000};  // between asks while others' trials may come back, or the study is paused
constexpr milliseconds kTellAgain{2'000};      // between tells that were refused for now
constexpr size_t kMostAtOnce = 1'000;          // trials of one ask
// After a second signal: for the commands to die and their trials to be told.
constexpr milliseconds kLastMoment{500};

// More than 30 years is for ever; the clock could not hold it.
milliseconds Millis(double seconds) { return milliseconds(static_cast<int64_t>(std::min(seconds, 1e9) * 1000)); }

const char* NameOf(int signal) { return signal == SIGINT ? "SIGINT" : signal == SIGHUP ? "SIGHUP" : "SIGTERM"; }

// Whether it is about who may do what, which may change: a token that is being replaced.
bool IsAboutPermission(const absl::Status& status) { return absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status); }

// Whether the server has said that it will never take this outcome: another one is recorded, the study or trial is gone, the
// outcome is not one of this study's. What did not come from a Parzen server says nothing of the kind.
bool IsFinal(const absl::Status& status) {
  const std::string reason = ErrorReason(status);
  if (reason.empty() || reason == "NOT_OWNER") return false;
  return absl::IsNotFound(status) || absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status) ||
         reason == "LEASE_LOST";
}

}  // namespace

Worker::Worker(const Context& context, WorkerOptions options) : context_(context), options_(std::move(options)) {}
Worker::~Worker() = default;

absl::Status Worker::Connect(std::optional<Client>* client, std::optional<Study>* study) {
  PARZEN_ASSIGN_OR_RETURN(ClientOptions options, context_.Options());
  options.worker = options_.name;
  options.timeout = ClientOptions::kForever;
  options.on_retry = [this](const absl::Status& status) { SayAway(status); };
  PARZEN_ASSIGN_OR_RETURN(*client, Client::Create(std::move(options)));
  PARZEN_ASSIGN_OR_RETURN(*study, (*client)->GetStudy(options_.study));
  return absl::OkStatus();
}

absl::Status Worker::MakeRules() {
  const StudyConfig& config = ask_study_->info().config;
  PARZEN_ASSIGN_OR_RETURN(CommandTemplate command, CommandTemplate::Create(options_.command, config.space));
  if (const std::optional<std::string> program = command.Program()) PARZEN_RETURN_IF_ERROR(CheckProgram(*program));
  PARZEN_ASSIGN_OR_RETURN(std::shared_ptr<const OutputRules> output,
                          OutputRules::Create(config.directions.size(), options_.pattern, config.metric_names, options_.report));
  rules_ = JobRules{std::move(command), std::move(output), options_.logs, Millis(options_.grace)};
  if (options_.time_limit.has_value()) rules_->time_limit = Millis(*options_.time_limit);
  rules_->infeasible_exit = options_.infeasible_exit;
  rules_->space = config.space;
  rules_->running = &*running_;
  rules_->patient = !context_.token_file.empty();
  rules_->stop_fd = stop_.get();
  rules_->kill_fd = kill_.get();
  return absl::OkStatus();
}

absl::Status Worker::Prepare() {
  PARZEN_ASSIGN_OR_RETURN(spool_, Spool::Open(options_.spool));
  if (!options_.logs.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options_.logs, error);
    if (error) return absl::InvalidArgumentError("cannot make " + options_.logs + " for logs: " + error.message());
  }
  // The study is looked up with the usual timeout, so that a wrong address shows at once. From then on the server may be away.
  PARZEN_ASSIGN_OR_RETURN(const Study found, context_.OpenStudy(options_.study));
  if (!options_.name.empty()) {
    PARZEN_ASSIGN_OR_RETURN(name_lock_, NameLock::Take(found.info().uid, options_.name));
  }
  PARZEN_RETURN_IF_ERROR(Connect(&asking_, &ask_study_));
  PARZEN_RETURN_IF_ERROR(Connect(&telling_, &tell_study_));
  return MakeRules();
}

absl::Status Worker::Work() {
  PARZEN_RETURN_IF_ERROR(Prepare());
  TellKept();
  working_ = true;
  TakeUpOwn();
  std::vector<std::thread> jobs;
  for (int i = 0; i < options_.jobs; ++i) jobs.emplace_back([this] { JobLoop(); });
  for (std::thread& job : jobs) job.join();
  const MutexLock lock(&mutex_);
  left_behind_.clear();  // their leases end with the worker's
  return error_;
}

int Worker::Run() {
  stop_ = Descriptor(eventfd(0, EFD_CLOEXEC));
  kill_ = Descriptor(eventfd(0, EFD_CLOEXEC));
  done_ = Descriptor(eventfd(0, EFD_CLOEXEC));
  ::signal(SIGPIPE, SIG_IGN);
  absl::StatusOr<Guard> guard = Guard::Start();
  if (!guard.ok()) return context_.Finish(guard.status());
  guard_.emplace(*std::move(guard));
  running_.emplace(&*guard_);
  BlockSignals();
  std::thread watcher([this] { WatchSignals(); });
  const absl::Status status = Work();
  eventfd_write(done_.get(), 1);
  watcher.join();
  if (const int signal = signal_; signal != 0) {
    Say(std::string("stopped by ") + NameOf(signal));
    return 128 + signal;
  }
  return context_.Finish(status);
}

// Before any thread starts, so that all of them inherit it; the children unblock them. What was ignored when the process began
// stays ignored (nohup, "&" in a script), here and in the commands: a signal that is blocked would be kept all the same.
void Worker::BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) {
    struct sigaction found{};
    if (sigaction(signal, nullptr, &found) == 0 && found.sa_handler == SIG_IGN) continue;
    sigaddset(&signals, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signals_ = Descriptor(signalfd(-1, &signals, SFD_CLOEXEC));
}

void Worker::EndNow() {
  Say(std::string("stopped by ") + NameOf(signal_));
  std::_Exit(128 + signal_);  // threads may be in the middle of anything
}

void Worker::OnEndSignal(int signal) {
  const bool first = signal_ == 0;
  if (first) signal_ = signal;
  if (!working_) EndNow();  // nothing has begun: no trial is taken, what was kept is kept
  if (first) {
    Stop(absl::OkStatus());
    eventfd_write(stop_.get(), 1);
    if (away_) asking_->Cancel();  // nobody waits for its answer any more
  } else {
    eventfd_write(kill_.get(), 1);
    running_->Signal(SIGKILL);
  }
}

void Worker::WatchSignals() {
  using Clock = std::chrono::steady_clock;
  pollfd slots[2] = {{signals_.get(), POLLIN, 0}, {done_.get(), POLLIN, 0}};
  std::optional<Clock::time_point> give_up;  // the calls, and then ourselves
  bool cancelled = false, killed = false;
  while (true) {
    int timeout = -1;
    if (give_up.has_value()) {
      timeout = static_cast<int>(std::max<int64_t>(0, std::chrono::ceil<milliseconds>(*give_up - Clock::now()).count()));
    }
    const int ready = poll(slots, 2, timeout);
    if (slots[1].revents != 0) return;
    if (ready == 0 && give_up.has_value()) {
      if (cancelled && killed) EndNow();
      // The server is away and we have to go: what is untold stays in the spool for the next worker.
      asking_->Cancel();
      telling_->Cancel();
      cancelled = true;
      give_up = killed ? std::optional(Clock::now() + kLastMoment) : std::nullopt;
    }
    if (slots[0].revents == 0) continue;
    signalfd_siginfo info;
    if (read(signals_.get(), &info, sizeof(info)) != sizeof(info)) continue;
    const int signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGUSR1 || signal == SIGUSR2) {
      running_->Signal(signal);  // Slurm's warning: the commands know what to do about it, the worker goes on
      continue;
    }
    killed = signal_ != 0;
    OnEndSignal(signal);
    // Time for the commands to end, and as much again to tell; with a second signal, hardly any.
    give_up = Clock::now() + (killed ? kLastMoment : 2 * rules_->grace + milliseconds(1'000));
  }
}

void Worker::Stop(absl::Status error) {
  const MutexLock lock(&mutex_);
  if (error_.ok()) error_ = std::move(error);
  stopping_ = true;
  changed_.NotifyAll();
}

bool Worker::TakeTurn() {
  const MutexLock lock(&mutex_);
  if (Stopping() || (options_.max_trials.has_value() && turns_ >= *options_.max_trials)) return false;
  ++turns_;
  return true;
}

void Worker::GiveTurnBack() {
  const MutexLock lock(&mutex_);
  --turns_;
}

void Worker::Pause(milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  const MutexLock lock(&mutex_);
  while (!Stopping() && changed_.WaitUntil(&mutex_, end)) {
  }
}

void Worker::TellKept() {
  for (const auto& [handle, outcome] : spool_->Of(tell_study_->info().uid)) {
    Say("telling trial " + std::to_string(handle.number) + ", kept in " + spool_->directory());
    Tell(handle, outcome, /*insist=*/false);
  }
}

absl::Status Worker::AskForOwn() {
  PARZEN_ASSIGN_OR_RETURN(const std::vector<FrozenTrial> running,
                          ask_study_->Trials({.states = {TrialState::kRunning}, .full = false}));
  auto own = static_cast<size_t>(
      std::count_if(running.begin(), running.end(), [this](const FrozenTrial& trial) { return trial.worker == options_.name; }));
  own = std::min(own, kMostAtOnce);
  if (options_.max_trials.has_value()) own = std::min(own, static_cast<size_t>(*options_.max_trials));
  if (own == 0) return absl::OkStatus();
  PARZEN_ASSIGN_OR_RETURN(const std::vector<Trial> trials,
                          ask_study_->Ask(static_cast<int>(own), {.resume = true, .lease = options_.lease}));
  const MutexLock lock(&mutex_);
  // Their leases are renewed from now on, also of those that wait for their turn.
  for (const Trial& trial : trials) left_behind_.push_back(tell_study_->Attach(trial.frozen()));
  return absl::OkStatus();
}

void Worker::TakeUpOwn() {
  if (options_.name.empty()) return;
  while (!Stopping()) {
    const absl::Status status = AskForOwn();
    if (status.ok() || AfterAsk(status) == Next::kEnd) return;
  }
}

// The connection that asks renews no lease: the one that tells does, also while the worker stops.
absl::StatusOr<Trial> Worker::NextTrial() {
  {
    const MutexLock lock(&mutex_);
    if (!left_behind_.empty()) {
      Trial trial = std::move(left_behind_.front());
      left_behind_.pop_front();
      return trial;
    }
  }
  PARZEN_ASSIGN_OR_RETURN(const Trial trial, ask_study_->Ask({.lease = options_.lease}));
  return tell_study_->Attach(trial.frozen());
}

void Worker::JobLoop() {
  while (TakeTurn()) {
    const absl::StatusOr<Trial> trial = NextTrial();
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
  if (reason == "STUDY_FINISHED" && !Stopping() && !said_finished_.exchange(true)) Say(std::string(status.message()));
  if (Stopping() || reason == "STUDY_FINISHED" || reason == "SPACE_EXHAUSTED") return Next::kEnd;
  if (reason == "ALL_HANDED_OUT" && !options_.wait) return Next::kEnd;
  if (reason == "ALL_HANDED_OUT" || reason == "STUDY_PAUSED") {
    Pause(kWaitForTrials);
    return Next::kAgain;
  }
  // A limit or a full disk passes, or somebody makes room; a token in a file is being replaced.
  if (absl::IsResourceExhausted(status) || (IsAboutPermission(status) && !context_.token_file.empty())) {
    SayAway(status);
    Pause(kWaitForTrials);
    return Next::kAgain;
  }
  Stop(status);
  return Next::kEnd;
}

// What came out, as it is recorded: a NaN, for one, is a failure there.
void Worker::SayEnd(const Trial& trial, const JobResult& result, const std::optional<FrozenTrial>& recorded,
                    std::chrono::steady_clock::duration took) {
  const std::string title = "trial " + std::to_string(trial.number()) + " ";
  if (!result.outcome.has_value()) {
    Say(title + result.note);
    return;
  }
  const Outcome& outcome = *result.outcome;
  // A preempted one waits again.
  const bool as_told = !recorded.has_value() || recorded->state < TrialState::kComplete;
  FrozenTrial shown;
  shown.values = as_told || recorded->values.empty() ? outcome.values : recorded->values;
  std::string line = title + std::string(ToText(as_told ? outcome.state : recorded->state));
  if (const std::string values = ValuesText(shown); !values.empty()) line += " " + values;
  line += " (" + ShortDuration(took) + ")";
  std::string reason = as_told ? outcome.reason : recorded->reason;
  if (!as_told && recorded->state == TrialState::kPruned) reason = recorded->prune_reason;
  if (!reason.empty()) line += ": " + reason;
  Say(line);
  if (!result.note.empty()) Say("trial " + std::to_string(trial.number()) + ": " + result.note);
}

void Worker::CountFailure(bool crashed) {
  MutexLock lock(&mutex_);
  failures_in_a_row_ = crashed ? failures_in_a_row_ + 1 : 0;
  const bool enough = options_.max_failures > 0 && failures_in_a_row_ >= options_.max_failures;
  lock.Unlock();
  if (!enough || Stopping()) return;
  Stop(absl::InternalError(std::to_string(options_.max_failures) +
                           " trials failed in a row: look at the command ('parzen trials' shows why), or raise --max-failures"));
}

void Worker::RunTrial(const Trial& trial) {
  const auto started = std::chrono::steady_clock::now();
  Say("trial " + std::to_string(trial.number()) + " started");
  const JobResult result = RunJob(trial, *rules_, [this, &trial](const Outcome& outcome) {
    if (const absl::Status kept = spool_->Put(trial.handle(), outcome); !kept.ok()) Say(std::string(kept.message()));
  });
  const auto took = std::chrono::steady_clock::now() - started;
  if (!result.outcome.has_value()) {
    SayEnd(trial, result, std::nullopt, took);
    return;
  }
  // Before the trial is back in the queue: another thread would take it up.
  if (!result.cannot_run.ok()) Stop(result.cannot_run);
  SayEnd(trial, result, Tell(trial.handle(), *result.outcome, /*insist=*/true), took);
  CountFailure(result.outcome->failure == FailureKind::kCrashed);
}

std::optional<FrozenTrial> Worker::Tell(const TrialHandle& handle, const Outcome& outcome, bool insist) {
  const std::string title = "trial " + std::to_string(handle.number) + " ";
  for (bool said = false;;) {
    absl::StatusOr<FrozenTrial> told = tell_study_->Tell(handle, outcome);
    if (told.ok()) {
      away_ = false;
      spool_->Remove(handle);
      return *std::move(told);
    }
    const std::string why(told.status().message());
    if (IsFinal(told.status())) {
      spool_->Remove(handle);
      Say(title + "was not recorded: " + why);
      return std::nullopt;
    }
    const bool hopeless = IsAboutPermission(told.status()) && context_.token_file.empty();  // the variable stays as it is
    if (!insist || hopeless || Stopping() || absl::IsCancelled(told.status())) {
      Say(title + "is not told yet, it is kept in " + spool_->directory() + (absl::IsCancelled(told.status()) ? "" : ": " + why));
      return std::nullopt;
    }
    if (!std::exchange(said, true)) Say(title + "is not told yet, trying again until it is: " + why);
    Pause(kTellAgain);
  }
}

void Worker::Say(const std::string& line) {
  static Mutex mutex;
  const MutexLock lock(&mutex);
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
