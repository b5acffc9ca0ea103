// `parzen worker`: asks for trials, runs a command for each, tells what came out, and goes on until there are none.

#ifndef PARZEN_CLIENTS_CLI_WORKER_WORKER_H_
#define PARZEN_CLIENTS_CLI_WORKER_WORKER_H_

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "clients/cli/context.h"
#include "clients/cli/worker/job.h"
#include "clients/cli/worker/name_lock.h"
#include "clients/cli/worker/process.h"
#include "clients/cli/worker/spool.h"

namespace parzen::cli {

struct WorkerOptions {
  std::string study;
  std::vector<std::string> command;
  std::string name;     // who asks; with a name, the worker first takes up its own unfinished trials
  std::string pattern;  // see OutputRules
  std::string report;   // see ReportPattern; empty: lines "step 3 0.71"
  std::string logs, spool;
  int jobs = 1;
  std::optional<int64_t> max_trials;  // of this worker
  int max_failures = 10;              // in a row; 0: no limit
  double grace = 10;                  // seconds
  double lease = 120;                 // seconds
  std::optional<double> time_limit;   // seconds, of a trial
  std::optional<int> infeasible_exit;
  bool wait = true;  // for trials of others that may come back
};

class Worker {
 public:
  Worker(const Context& context, WorkerOptions options);
  ~Worker();

  // The exit code: kOk when there is nothing more to do, 128 + the signal that stopped it, an error's otherwise.
  int Run();

 private:
  // What a job thread does next after a failed ask.
  enum class Next { kAgain, kEnd };

  // Makes the spool, the clients and the rules, and takes the worker's name.
  absl::Status Prepare();
  absl::Status Connect(std::optional<Client>* client, std::optional<Study>* study);
  absl::Status MakeRules();
  // Everything but the signals.
  absl::Status Work();
  void TellKept();
  // Once a start, before any other ask: what a worker of this name left running.
  void TakeUpOwn();
  absl::Status AskForOwn();
  // The next trial: one that was left behind, else a new one.
  absl::StatusOr<Trial> NextTrial();
  void JobLoop();
  Next AfterAsk(const absl::Status& status);
  void RunTrial(const Trial& trial);
  void SayEnd(const Trial& trial, const JobResult& result, const std::optional<FrozenTrial>& recorded,
              std::chrono::steady_clock::duration took);
  void CountFailure(bool crashed);
  // The trial as recorded; nullopt where it is not, and what becomes of the outcome has been said. `insist`: what may pass, such
  // as a token that is being replaced, is waited for.
  std::optional<FrozenTrial> Tell(const TrialHandle& handle, const Outcome& outcome, bool insist);

  void BlockSignals();
  void WatchSignals();
  // One of the signals that end a worker.
  void OnEndSignal(int signal);
  [[noreturn]] void EndNow();

  bool TakeTurn();  // false where max_trials is used up or the worker stops
  void GiveTurnBack();
  bool Stopping() const { return stopping_.load(); }
  void Stop(absl::Status error);
  // Waits, less where the worker stops.
  void Pause(std::chrono::milliseconds time);
  void Say(const std::string& line);
  void SayAway(const absl::Status& status);

  const Context& context_;
  const WorkerOptions options_;
  std::optional<Client> asking_, telling_;
  std::optional<Study> ask_study_, tell_study_;
  std::optional<JobRules> rules_;
  std::optional<Spool> spool_;
  std::optional<NameLock> name_lock_;
  std::optional<Guard> guard_;
  std::optional<RunningCommands> running_;
  Descriptor signals_, stop_, kill_, done_;
  std::atomic<bool> working_ = false;  // trials may be at stake
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> away_ = false;  // the server, as last seen
  std::atomic<bool> said_finished_ = false;
  std::atomic<int> signal_ = 0;  // that stopped the worker

  Mutex mutex_;
  CondVar changed_;
  std::deque<Trial> left_behind_ GUARDED_BY(mutex_);
  int64_t turns_ GUARDED_BY(mutex_) = 0;  // trials taken
  int failures_in_a_row_ GUARDED_BY(mutex_) = 0;
  absl::Status error_ GUARDED_BY(mutex_);  // that ended the worker
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_WORKER_H_
