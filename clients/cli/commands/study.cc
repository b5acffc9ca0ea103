// study create|list|show|pause|resume|finish|delete; study_update.cc has update.

#include <unistd.h>

#include <cstdio>
#include <memory>

#include "base/status_macros.h"
#include "clients/cli/commands/arguments.h"
#include "clients/cli/commands/checks.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/space_notation.h"
#include "clients/cli/study_file.h"
#include "clients/cli/table.h"
#include "clients/cli/terminal.h"
#include "clients/cli/trial_text.h"

namespace parzen::cli {
namespace {

struct CreateOptions {
  std::string name, file, sampler, pruner;
  std::vector<std::string> params, directions, metric_names, sampler_options, attributes, warm_start_from;
  std::optional<uint64_t> seed;
  std::optional<int64_t> max_trials, patience;
  std::optional<double> max_duration;
  std::vector<double> target;
  std::optional<int32_t> max_retries;
  bool allow_repeats = false, exist_ok = false;
};

// What the flags say, over what the file says.
absl::StatusOr<StudyConfig> ConfigOf(const CreateOptions& options) {
  StudyConfig config;
  if (!options.file.empty()) {
    PARZEN_ASSIGN_OR_RETURN(StudyConfig from_file, ReadStudyFile(options.file));
    config = std::move(from_file);
  }
  if (!options.name.empty()) config.name = options.name;
  if (config.name.empty()) return absl::InvalidArgumentError("the study has no name: give one as an argument or in the file");
  for (const std::string& text : options.params) {
    PARZEN_ASSIGN_OR_RETURN(Parameter parameter, ParseParameter(text));
    config.space.push_back(std::move(parameter));
  }
  if (!options.directions.empty()) config.directions.clear();
  for (const std::string& text : options.directions) {
    PARZEN_ASSIGN_OR_RETURN(const Direction direction, DirectionFromText(text));
    config.directions.push_back(direction);
  }
  if (!options.metric_names.empty()) config.metric_names = options.metric_names;
  if (!options.sampler.empty() || !options.sampler_options.empty()) {
    PARZEN_ASSIGN_OR_RETURN(Sampler sampler, ParseSampler(options.sampler, options.sampler_options));
    config.sampler = std::move(sampler);
  }
  if (options.seed.has_value()) config.seed = options.seed;
  if (options.max_trials.has_value()) config.max_trials = options.max_trials;
  if (!options.pruner.empty()) config.pruner = options.pruner;
  if (options.max_duration.has_value()) config.max_duration = options.max_duration;
  if (!options.target.empty()) config.target = options.target;
  if (options.patience.has_value()) config.patience = options.patience;
  if (options.max_retries.has_value()) config.max_retries = options.max_retries;
  if (options.allow_repeats) config.allow_repeats = true;
  if (!options.warm_start_from.empty()) {
    config.warm_start_auto = options.warm_start_from == std::vector<std::string>{"auto"};
    config.warm_start_from = config.warm_start_auto ? std::vector<std::string>() : options.warm_start_from;
  }
  PARZEN_ASSIGN_OR_RETURN(Attributes attributes, ParseAttributes(options.attributes, "--attr"));
  for (auto& attribute : attributes) config.user_attrs.push_back(std::move(attribute));
  return config;
}

void PrintStudy(const StudyInfo& info, const std::vector<FrozenTrial>& best) {
  const StudyConfig& config = info.config;
  const auto line = [](const char* title, const std::string& text) { std::printf("%-12s %s\n", title, Printable(text).c_str()); };
  line("study", config.name);
  line("state", std::string(ToText(info.state)));
  if (!info.finish_reason.empty()) line("finished by", info.finish_reason);
  line("objective", DirectionsText(config));
  const Json sampler = ToJson(config.sampler);
  line("sampler", sampler.is_string() ? sampler.get<std::string>() : Dump(sampler));
  if (config.seed.has_value()) line("seed", std::to_string(*config.seed));
  line("pruner", config.pruner.empty() ? "auto" : config.pruner);
  line("trials", CountsText(info.counts) + (config.max_trials.has_value() ? " of " + std::to_string(*config.max_trials) : ""));
  if (config.max_duration.has_value()) line("duration", ToText(*config.max_duration) + " seconds at most");
  if (!config.target.empty()) {
    std::string target;
    for (const double value : config.target) target += (target.empty() ? "" : ", ") + ToText(value);
    line("target", target);
  }
  if (config.patience.has_value()) line("patience", std::to_string(*config.patience) + " trials without a better one");
  if (info.space_size.has_value()) line("points", std::to_string(*info.space_size));
  if (info.created.has_value()) line("created", LocalTime(*info.created));
  for (const WarmStartSource& source : info.warm_start) {
    line("learned from",
         source.study + ": " + std::to_string(source.trials) + " trials, up to revision " + std::to_string(source.revision));
  }
  for (const auto& [key, json] : config.user_attrs) line("attribute", key + " = " + json);
  if (config.space.empty()) line("space", "none declared: parameters appear as trials suggest them");
  for (size_t i = 0; i < config.space.size(); ++i) line(i == 0 ? "space" : "", ToNotation(config.space[i]));
  if (best.size() == 1 && config.directions.size() == 1) {
    line("best", ShortNumber(*best[0].value()) + " in trial " + std::to_string(best[0].number()));
    for (const Param& param : best[0].params) line("", param.name + " = " + ToText(param.value));
  } else if (!best.empty()) {
    line("best", std::to_string(best.size()) + " trials on the Pareto front: 'parzen best " + config.name + "'");
  }
}

absl::Status Create(const Context& context, const CreateOptions& options) {
  PARZEN_ASSIGN_OR_RETURN(const StudyConfig config, ConfigOf(options));
  PARZEN_ASSIGN_OR_RETURN(const Client client, context.Connect());
  PARZEN_ASSIGN_OR_RETURN(const Study study, client.CreateStudy(config, options.exist_ok));
  if (context.json) {
    std::printf("%s\n", Dump(ToJson(study.info())).c_str());
  } else {
    std::printf("study %s is ready\n", Printable(study.name()).c_str());
  }
  return absl::OkStatus();
}

absl::Status List(const Context& context, const std::string& prefix) {
  PARZEN_ASSIGN_OR_RETURN(const Client client, context.Connect());
  PARZEN_ASSIGN_OR_RETURN(const std::vector<StudyInfo> studies, client.Studies(prefix));
  if (context.json) {
    for (const StudyInfo& study : studies) std::printf("%s\n", Dump(ToJson(study)).c_str());
    return absl::OkStatus();
  }
  Table table({{"STUDY", false, true},
               {"STATE"},
               {"DONE", true},
               {"RUNNING", true},
               {"FAILED", true},
               {"OBJECTIVE", false, true},
               {"CREATED"}});
  for (const StudyInfo& study : studies) {
    std::string done = std::to_string(study.counts.complete + study.counts.pruned);
    if (study.config.max_trials.has_value()) done += "/" + std::to_string(*study.config.max_trials);
    table.Add({study.config.name, std::string(ToText(study.state)), done, std::to_string(study.counts.running),
               std::to_string(study.counts.failed), DirectionsText(study.config),
               study.created.has_value() ? LocalTime(*study.created) : ""});
  }
  if (table.empty()) {
    std::printf("no studies%s\n", prefix.empty() ? "" : " with this prefix");
  } else {
    std::fputs(table.Render(TerminalWidth(stdout), UseColors(context.color, stdout)).c_str(), stdout);
  }
  return absl::OkStatus();
}

absl::Status Show(const Context& context, const std::string& name) {
  PARZEN_ASSIGN_OR_RETURN(const Study study, context.OpenStudy(name));
  if (context.json) {
    std::printf("%s\n", Dump(ToJson(study.info()), 2).c_str());
    return absl::OkStatus();
  }
  PARZEN_ASSIGN_OR_RETURN(const std::vector<FrozenTrial> best, study.BestTrials());
  PrintStudy(study.info(), best);
  return absl::OkStatus();
}

absl::Status Change(const Context& context, const std::string& name, absl::Status (Study::*change)()) {
  PARZEN_ASSIGN_OR_RETURN(Study study, context.OpenStudy(name));
  if (const absl::Status status = (study.*change)(); !status.ok()) return status;
  if (context.json) {
    std::printf("%s\n", Dump(ToJson(study.info())).c_str());
  } else {
    std::printf("study %s is %s\n", Printable(name).c_str(), std::string(ToText(study.info().state)).c_str());
  }
  return absl::OkStatus();
}

absl::Status Delete(const Context& context, const std::string& name, bool yes) {
  PARZEN_ASSIGN_OR_RETURN(const Client client, context.Connect());
  if (!yes) {
    if (isatty(STDIN_FILENO) == 0)
      return absl::InvalidArgumentError("delete removes all trials of the study for good: give --yes");
    PARZEN_ASSIGN_OR_RETURN(const Study study, client.GetStudy(name));
    std::fprintf(stderr, "delete %s and its %lld trials for good? [y/N] ", Printable(name).c_str(),
                 static_cast<long long>(study.info().counts.total()));
    const int answer = std::fgetc(stdin);
    if (answer != 'y' && answer != 'Y') return absl::AbortedError("not deleted");
  }
  if (const absl::Status status = client.DeleteStudy(name); !status.ok()) return status;
  if (!context.json) std::printf("study %s is deleted\n", Printable(name).c_str());
  return absl::OkStatus();
}

void AddCreate(CLI::App* study, Context* context) {
  auto options = std::make_shared<CreateOptions>();
  CLI::App* create = study->add_subcommand("create", "Make a study");
  create->add_option("NAME", options->name, "Its name; may stand in the file instead");
  create->add_option("-p,--param", options->params, "A parameter, in the order given: lr=float(1e-5,1e-1,log)")
      ->type_name("NAME=DIST")
      ->expected(1)
      ->take_all();
  create->add_option("-f,--file", options->file, "A YAML or JSON file; flags win over it. -: standard input")->type_name("FILE");
  create->add_option("-d,--direction", options->directions, "minimize (default) or maximize; once an objective")
      ->type_name("DIR")
      ->expected(1)
      ->take_all();
  create->add_option("--metric-name", options->metric_names, "Name of an objective")->type_name("NAME")->expected(1)->take_all();
  create->add_option("-s,--sampler", options->sampler, "auto (default), random, qmc, tpe or gp-ei")->type_name("NAME");
  create->add_option("--sampler-option", options->sampler_options, "For example n_startup_trials=20 for tpe")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->take_all();
  create->add_option("--seed", options->seed, "Of the sampler; drawn by the server where unset")
      ->type_name("INT")
      ->transform(Seed());
  create->add_option("-n,--max-trials", options->max_trials, "Never more trials than this")
      ->type_name("INT")
      ->transform(Whole(1));
  create->add_option("--max-duration", options->max_duration, "Seconds after the first ask; then it is finished")
      ->type_name("SECONDS");
  create->add_option("--target", options->target, "A loss that finishes it; repeat for several objectives")
      ->type_name("NUMBER")
      ->expected(1)
      ->take_all();
  create->add_option("--patience", options->patience, "Complete trials without a better one; then it is finished")
      ->type_name("INT")
      ->transform(Whole(1));
  create
      ->add_option("--pruner", options->pruner,
                   "auto (default), none, median, asha, hyperband, wilcoxon, or with options:\n'percentile(percentile=25, "
                   "n_warmup_steps=5)'")
      ->type_name("PRUNER");
  create->add_option("--max-retries", options->max_retries, "Lost workers before a trial is failed (3)")
      ->type_name("INT")
      ->transform(Whole(0, kMostRetries));
  create->add_flag("--allow-repeats", options->allow_repeats, "A finite space's points may come again");
  create
      ->add_option("--warm-start-from", options->warm_start_from,
                   "Earlier studies to learn from, or auto: the latest\nwith the same parameter names")
      ->type_name("NAME,...")
      ->delimiter(',')
      ->expected(1)
      ->take_all();
  create->add_option("--attr", options->attributes, "A user attribute")->type_name("KEY=JSON")->expected(1)->take_all();
  create->add_flag("--exist-ok", options->exist_ok, "The same definition under this name is fine");
  create->footer(
      "Distributions:\n  float(LOW,HIGH[,log][,step=S])  int(LOW,HIGH[,log][,step=S])\n  categorical(A,B,...)  ... if PARENT in "
      "(A,...)\n"
      "Example:\n  parzen study create digits -p 'lr=float(1e-5,1e-1,log)' \\\n    -p 'kernel=categorical(rbf,poly)' -p "
      "'gamma=float(0,1) if kernel in (rbf)'");
  create->callback([options, context] { context->exit_code = context->Finish(Create(*context, *options)); });
}

void AddChange(CLI::App* study, Context* context, const char* command, const char* description, absl::Status (Study::*change)()) {
  auto name = std::make_shared<std::string>();
  CLI::App* app = study->add_subcommand(command, description);
  app->add_option("STUDY", *name, "Its name")->required();
  app->callback([name, context, change] { context->exit_code = context->Finish(Change(*context, *name, change)); });
}

}  // namespace

void AddStudyCommands(CLI::App* app, Context* context) {
  CLI::App* study = app->add_subcommand("study", "Make, list, show, change, pause, resume, finish and delete studies");
  study->require_subcommand(1);
  AddCreate(study, context);

  auto prefix = std::make_shared<std::string>();
  CLI::App* list = study->add_subcommand("list", "List studies by name");
  list->add_option("--prefix", *prefix, "Only names that begin so")->type_name("TEXT");
  list->callback([prefix, context] { context->exit_code = context->Finish(List(*context, *prefix)); });

  auto name = std::make_shared<std::string>();
  CLI::App* show = study->add_subcommand(
      "show", "Show a study: space, counts, best trial\nWith --json: a file that 'study create --file' reads.");
  show->add_option("STUDY", *name, "Its name")->required();
  show->callback([name, context] { context->exit_code = context->Finish(Show(*context, *name)); });

  AddStudyUpdate(study, context);
  AddChange(study, context, "pause", "Refuse asks until resumed; results stay welcome", &Study::Pause);
  AddChange(study, context, "resume", "Let a paused or finished study go on", &Study::Resume);
  AddChange(study, context, "finish", "Hand out no trial any more", &Study::Finish);

  auto yes = std::make_shared<bool>(false);
  auto doomed = std::make_shared<std::string>();
  CLI::App* remove = study->add_subcommand("delete", "Remove a study and its trials for good");
  remove->add_option("STUDY", *doomed, "Its name")->required();
  remove->add_flag("-y,--yes", *yes, "Without asking");
  remove->callback([doomed, yes, context] { context->exit_code = context->Finish(Delete(*context, *doomed, *yes)); });
}

}  // namespace parzen::cli
