// `parzen worker`: asks for trials, runs a command for each, tells what came out, and goes on until there are none.

#ifndef PARZEN_CLIENTS_CLI_WORKER_WORKER_H_
#define PARZEN_CLIENTS_CLI_WORKER_WORKER_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "clients/cli/context.h"
#include "clients/cli/worker/job.h"
#include "clients/cli/worker/process.h"
#include "clients/cli/worker/spool.h"

namespace parzen::cli {

struct WorkerOptions {
  std::string study;
  std::vector<std::string> command;
  std::string name;     // who asks; with a name, the worker first takes up its own unfinished trials
  std::string pattern;  // see OutputRules
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

  absl::Status Prepare();
  void TellKept();
  absl::StatusOr<FrozenTrial> AskOne(bool resume);
  void JobLoop(bool resume);
  Next AfterAsk(const absl::Status& status);
  void RunTrial(const FrozenTrial& trial);
  void Tell(const TrialHandle& handle, const Outcome& outcome);
  void WatchSignals();

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
  Descriptor signals_, stop_, kill_, done_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> away_ = false;  // the server, as last seen
  int signal_ = 0;                  // that stopped the worker; written before stopping_

  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t turns_ = 0;  // trials taken
  int failures_in_a_row_ = 0;
  absl::Status error_;  // that ended the worker
};

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_WORKER_H_
