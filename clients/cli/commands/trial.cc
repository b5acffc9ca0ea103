// ask, report, tell, stop, enqueue

#include <cstdio>
#include <memory>

#include "base/status_macros.h"
#include "clients/cli/commands/arguments.h"
#include "clients/cli/commands/checks.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/environment.h"
#include "clients/cli/json.h"
#include "clients/cli/space_notation.h"
#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

struct AskArguments {
  std::string study, worker;
  int count = 1;
  bool resume = false, environment = false;
};

struct TellArguments {
  std::string study, state = "complete", kind, reason;
  int64_t number = 0;
  std::vector<std::string> values, constraints, metrics;
};

struct ReportArguments {
  std::string study;
  std::vector<std::string> values;
  int64_t number = 0, step = 0;
};

struct EnqueueArguments {
  std::string study;
  std::vector<std::string> params, attributes;
};

absl::Status Ask(const Context& context, const AskArguments& arguments) {
  PARZEN_ASSIGN_OR_RETURN(const Client client, context.Connect(arguments.worker));
  PARZEN_ASSIGN_OR_RETURN(const Study study, client.GetStudy(arguments.study));
  if (arguments.environment && !context.json) PARZEN_RETURN_IF_ERROR(CheckVariables(study.info().config.space));
  // Without a lease: this process ends at once, somebody else tells.
  const AskOptions options{.resume = arguments.resume, .lease = std::nullopt};
  PARZEN_ASSIGN_OR_RETURN(const std::vector<Trial> trials, study.Ask(arguments.count, options));
  for (const Trial& trial : trials) {
    if (context.json) {
      std::printf("%s\n", Dump(Json{{"number", trial.number()}, {"params", ToJson(trial.params())}}).c_str());
    } else if (arguments.environment) {
      for (const auto& [name, value] : TrialEnvironment(trial.frozen(), study.info().config.space)) {
        std::printf("export %s=%s\n", name.c_str(), ShellQuote(value).c_str());
      }
    } else {
      std::printf("trial %lld\n", static_cast<long long>(trial.number()));
      for (const Param& param : trial.params()) {
        std::printf("  %s = %s\n", Printable(param.name).c_str(), Printable(ToText(param.value)).c_str());
      }
    }
  }
  return absl::OkStatus();
}

absl::Status Tell(const Context& context, const TellArguments& arguments) {
  Outcome outcome;
  const std::optional<TrialState> state = TrialStateFromText(arguments.state);
  if (!state.has_value() || *state < TrialState::kComplete) {
    return absl::InvalidArgumentError("--state is '" + arguments.state + "': complete, pruned or failed is accepted");
  }
  outcome.state = *state;
  if (outcome.state == TrialState::kFailed) {
    const std::optional<FailureKind> kind = FailureKindFromText(arguments.kind.empty() ? "crashed" : arguments.kind);
    if (!kind.has_value()) {
      return absl::InvalidArgumentError("--kind is '" + arguments.kind + "': crashed, preempted or infeasible is accepted");
    }
    outcome.failure = *kind;
    outcome.reason = arguments.reason;
  } else if (!arguments.kind.empty() || !arguments.reason.empty()) {
    return absl::InvalidArgumentError("--kind and --reason are of a failure: they go with --state failed");
  } else if (outcome.state == TrialState::kComplete && arguments.values.empty()) {
    return absl::InvalidArgumentError("a complete trial needs its value: parzen tell STUDY NUMBER VALUE");
  }
  for (const std::string& text : arguments.values) {
    const std::optional<double> value = ParseNumber(text);
    if (!value.has_value()) return absl::InvalidArgumentError("the value '" + text + "' is no number");
    outcome.values.push_back(*value);
  }
  PARZEN_ASSIGN_OR_RETURN(NamedValues constraints, ParseNamedValues(arguments.constraints, "--constraint"));
  outcome.constraints = std::move(constraints);
  PARZEN_ASSIGN_OR_RETURN(NamedValues metrics, ParseNamedValues(arguments.metrics, "--metric"));
  outcome.metrics = std::move(metrics);

  PARZEN_ASSIGN_OR_RETURN(const Study study, context.OpenStudy(arguments.study));
  PARZEN_ASSIGN_OR_RETURN(const FrozenTrial trial, study.GetTrial(arguments.number));
  PARZEN_ASSIGN_OR_RETURN(const FrozenTrial told, study.Tell(trial.handle, outcome));
  if (context.json) {
    std::printf("%s\n", Dump(ToJson(told)).c_str());
  } else {
    std::printf("trial %lld is %s\n", static_cast<long long>(told.number()), std::string(ToText(told.state)).c_str());
  }
  if (told.state == TrialState::kFailed && outcome.state == TrialState::kComplete)
    context.Note("recorded as failed: " + told.reason);
  return absl::OkStatus();
}

absl::Status Report(const Context& context, const ReportArguments& arguments) {
  std::vector<double> values;
  for (const std::string& text : arguments.values) {
    const std::optional<double> value = ParseNumber(text);
    if (!value.has_value()) return absl::InvalidArgumentError("the value '" + text + "' is no number");
    values.push_back(*value);
  }
  PARZEN_ASSIGN_OR_RETURN(const Study study, context.OpenStudy(arguments.study));
  PARZEN_ASSIGN_OR_RETURN(const FrozenTrial frozen, study.GetTrial(arguments.number));
  Trial trial = study.Attach(frozen);
  if (const absl::Status status = trial.Report(values, arguments.step); !status.ok()) return status;
  if (context.json) {
    Json json = {{"should_prune", trial.should_prune()}, {"stop_requested", trial.stop_requested()}};
    if (trial.should_prune()) json["reason"] = trial.frozen().prune_reason;
    std::printf("%s\n", Dump(json).c_str());
  } else {
    std::printf("%s\n", trial.stop_requested() ? "stop" : trial.should_prune() ? "prune" : "continue");
    if (trial.should_prune()) context.Note(trial.frozen().prune_reason);
  }
  return absl::OkStatus();
}

absl::Status Stop(const Context& context, const std::string& name, int64_t number) {
  PARZEN_ASSIGN_OR_RETURN(const Study study, context.OpenStudy(name));
  PARZEN_ASSIGN_OR_RETURN(const FrozenTrial trial, study.GetTrial(number));
  if (const absl::Status status = study.Stop(trial.handle); !status.ok()) return status;
  if (context.json) {
    std::printf("%s\n", Dump(Json{{"number", number}, {"stop_requested", true}}).c_str());
  } else {
    std::printf("trial %lld is asked to stop\n", static_cast<long long>(number));
  }
  return absl::OkStatus();
}

absl::Status Enqueue(const Context& context, const EnqueueArguments& arguments) {
  PARZEN_ASSIGN_OR_RETURN(const Study study, context.OpenStudy(arguments.study));
  PARZEN_ASSIGN_OR_RETURN(const Params params, ParseParams(arguments.params, study.info().config.space));
  PARZEN_ASSIGN_OR_RETURN(const Attributes attributes, ParseAttributes(arguments.attributes, "--attr"));
  PARZEN_ASSIGN_OR_RETURN(const FrozenTrial trial, study.Enqueue(params, attributes));
  if (context.json) {
    std::printf("%s\n", Dump(ToJson(trial)).c_str());
  } else {
    std::printf("trial %lld is waiting\n", static_cast<long long>(trial.number()));
  }
  return absl::OkStatus();
}

void AddAsk(CLI::App* app, Context* context) {
  auto ask = std::make_shared<AskArguments>();
  CLI::App* command = app->add_subcommand("ask", "Take the next trial: its number and parameters");
  command->add_option("STUDY", ask->study, "The study's name")->required();
  command->add_option("-c,--count", ask->count, "Trials wanted (1)")->type_name("INT")->transform(Whole(1, 1000));
  command->add_option("-w,--worker", ask->worker, "Who asks; host-pid-random where unset")->type_name("NAME");
  command->add_flag("--resume", ask->resume, "First this worker's own unfinished trials");
  command->add_flag("--env", ask->environment, "Print assignments for a shell: eval \"$(parzen ask S --env)\"");
  command->footer("Exit code 6: there is nothing (more) to hand out.");
  command->callback([ask, context] { context->exit_code = context->Finish(Ask(*context, *ask)); });
}

void AddTell(CLI::App* app, Context* context) {
  auto tell = std::make_shared<TellArguments>();
  CLI::App* command = app->add_subcommand("tell", "Say what came out of a trial");
  command->add_option("STUDY", tell->study, "The study's name")->required();
  command->add_option("NUMBER", tell->number, "The trial's number")->required()->transform(Whole(0));
  command->add_option("VALUE", tell->values, "The loss; one an objective. After --: -inf");
  command->add_option("--state", tell->state, "complete (default), pruned or failed")->type_name("STATE");
  command->add_option("--kind", tell->kind, "Of a failure: crashed (default), preempted, infeasible")->type_name("KIND");
  command->add_option("--reason", tell->reason, "Of a failure")->type_name("TEXT");
  command->add_option("--constraint", tell->constraints, "Feasible at <= 0")->type_name("NAME=NUM")->expected(1)->take_all();
  command->add_option("--metric", tell->metrics, "Kept and shown, not optimized")->type_name("NAME=NUM")->expected(1)->take_all();
  command->callback([tell, context] { context->exit_code = context->Finish(Tell(*context, *tell)); });
}

}  // namespace

void AddTrialCommands(CLI::App* app, Context* context) {
  AddAsk(app, context);

  auto report = std::make_shared<ReportArguments>();
  CLI::App* report_command =
      app->add_subcommand("report", "Record a running trial's intermediate value\nPrints continue, prune or stop.");
  report_command->add_option("STUDY", report->study, "The study's name")->required();
  report_command->add_option("NUMBER", report->number, "The trial's number")->required()->transform(Whole(0));
  report_command->add_option("STEP", report->step, "0 or more, for example the epoch")->required()->transform(Whole(0));
  report_command->add_option("VALUE", report->values, "The loss at this step, one an objective")
      ->required()
      ->type_name("NUMBER")
      ->expected(1, 100);
  report_command->callback([report, context] { context->exit_code = context->Finish(Report(*context, *report)); });

  AddTell(app, context);

  auto stopped = std::make_shared<std::pair<std::string, int64_t>>();
  CLI::App* stop = app->add_subcommand("stop", "Ask a running trial's worker to end it, keeping what it has");
  stop->add_option("STUDY", stopped->first, "The study's name")->required();
  stop->add_option("NUMBER", stopped->second, "The trial's number")->required()->transform(Whole(0));
  stop->callback([stopped, context] { context->exit_code = context->Finish(Stop(*context, stopped->first, stopped->second)); });

  auto enqueue = std::make_shared<EnqueueArguments>();
  CLI::App* command = app->add_subcommand("enqueue", "Queue a trial with these values; the rest is sampled");
  command->add_option("STUDY", enqueue->study, "The study's name")->required();
  command->add_option("PARAM=VALUE", enqueue->params, "For example lr=0.001 kernel=rbf");
  command->add_option("--attr", enqueue->attributes, "A user attribute")->type_name("KEY=JSON")->expected(1)->take_all();
  command->callback([enqueue, context] { context->exit_code = context->Finish(Enqueue(*context, *enqueue)); });
}

}  // namespace parzen::cli
