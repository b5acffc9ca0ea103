// worker

#include <memory>

#include "clients/cli/commands/checks.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/worker/worker.h"

namespace parzen::cli {
namespace {

constexpr char kDescription[] =
    "Run a command for one trial after another\n"
    "\n"
    "  parzen worker STUDY [OPTIONS] -- python train.py --lr {lr} --depth {depth}\n"
    "\n"
    "{lr} is the trial's value of lr, {lr:-0.1} is 0.1 where the trial has none. The same is in the environment "
    "(PARZEN_PARAM_lr, PARZEN_TRIAL) and in the JSON file that PARZEN_PARAMS_FILE or {params_file} names. "
    "The loss is what the command wrote to the file PARZEN_RESULT_FILE, or printed in its last line. "
    "A printed line 'step 3 0.71' is an intermediate value, and a trial that the study's pruner gives up is ended. Another "
    "exit code "
    "than 0 fails the trial.";

}  // namespace

void AddWorkerCommand(CLI::App* app, Context* context) {
  auto options = std::make_shared<WorkerOptions>();
  auto no_wait = std::make_shared<bool>(false);
  CLI::App* command = app->add_subcommand("worker", kDescription);
  command->add_option("STUDY", options->study, "The study's name")->required();
  command->add_option("-j,--jobs", options->jobs, "Trials at once (1)")->type_name("INT")->transform(Whole(1, 1000));
  command->add_option("-n,--max-trials", options->max_trials, "Trials of this worker, then it ends")
      ->type_name("INT")
      ->transform(Whole(1));
  command
      ->add_option("-w,--name", options->name,
                   "Who asks. A worker that is started again under its name first takes up the trials it left unfinished")
      ->type_name("NAME");
  command
      ->add_option("--pattern", options->pattern,
                   "Find the loss by a regular expression, its group; the last line that matches counts")
      ->type_name("REGEX");
  command
      ->add_option("--report", options->report,
                   "Find intermediate values by a regular expression, its groups the step and the value, instead of in lines\n"
                   "'step 3 0.71': 'epoch (\\d+): .*val_loss ([0-9.]+)'")
      ->type_name("REGEX");
  command->add_option("--logs", options->logs, "Keep each trial's output in DIR/NUMBER.log")->type_name("DIR");
  command->add_option("--time-limit", options->time_limit, "Seconds for a trial; over it, it is failed")
      ->type_name("SECONDS")
      ->transform(Seconds(0));
  command->add_option("--grace", options->grace, "Seconds from SIGTERM to SIGKILL, and to tell (10)")
      ->type_name("SECONDS")
      ->transform(Seconds(0, true));
  command
      ->add_option("--lease", options->lease,
                   "Seconds after which the server takes a trial back that is not heard of any more (120)")
      ->type_name("SECONDS")
      ->transform(Seconds(1, true));
  command->add_option("--max-failures", options->max_failures, "Failed trials in a row that end the worker (10; 0: none)")
      ->type_name("INT")
      ->transform(Whole(0, 1'000'000));
  command->add_option("--infeasible-exit", options->infeasible_exit, "The exit code that means: this point is bad, learn from it")
      ->type_name("INT")
      ->transform(Whole(1, 255));
  command->add_option("--spool", options->spool, "Where outcomes wait while the server is away (~/.local/state/parzen)")
      ->type_name("DIR");
  command->add_flag("--no-wait", *no_wait, "End when all trials are handed out, though some may come back");
  command->footer(
      "SIGTERM and SIGINT end the worker: its commands get SIGTERM, their trials go back to the queue as preempted. "
      "A server that is away is waited for; nothing is lost.");
  command->callback([options, no_wait, context] {
    options->wait = !*no_wait;
    options->command = context->trailing;
    context->exit_code = Worker(*context, *options).Run();
  });
}

}  // namespace parzen::cli
