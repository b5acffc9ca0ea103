// One trial: runs the command with its parameters and says how it ended.

#ifndef PARZEN_CLIENTS_CLI_WORKER_JOB_H_
#define PARZEN_CLIENTS_CLI_WORKER_JOB_H_

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "clients/cli/worker/command_template.h"
#include "clients/cli/worker/output.h"
#include "clients/cli/worker/running_commands.h"
#include "parzen/trial.h"

namespace parzen::cli {

// What all jobs of a worker share.
struct JobRules {
  CommandTemplate command;
  std::shared_ptr<const OutputRules> output;
  std::string logs;                                     // directory for each trial's output; empty: none
  std::chrono::milliseconds grace{10'000};              // between SIGTERM and SIGKILL
  std::optional<std::chrono::milliseconds> time_limit;  // for one trial
  std::optional<int> infeasible_exit;                   // the exit code that says the point itself is bad
  SearchSpace space;                                    // as the study declares it
  RunningCommands* running = nullptr;                   // told of the command while it runs; not null
  bool patient = false;                                 // see Reporter
  int stop_fd = -1;                                     // readable: the worker is to stop, the command gets SIGTERM
  int kill_fd = -1;                                     // readable: without grace
};

struct JobResult {
  // Unset: the trial passed to somebody else, nothing is to be told.
  std::optional<Outcome> outcome;
  std::string note;  // for people; empty where there is nothing to say
  // Not OK: the worker cannot run the command, whatever the trial; the outcome hands the trial back.
  absl::Status cannot_run = absl::OkStatus();
};

// Blocks until the command has ended and its intermediate values are with the server. `keep` gets the outcome before the wait for
// the server, which may be long.
JobResult RunJob(const Trial& trial, const JobRules& rules, const std::function<void(const Outcome&)>& keep);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_WORKER_JOB_H_
