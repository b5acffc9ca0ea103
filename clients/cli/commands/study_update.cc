// study update

#include <algorithm>
#include <cstdio>
#include <memory>

#include "absl/strings/numbers.h"
#include "base/status_macros.h"
#include "clients/cli/commands/arguments.h"
#include "clients/cli/commands/checks.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/space_notation.h"
#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

struct UpdateOptions {
  std::string study, sampler;
  std::vector<std::string> params, defaults, metric_names, sampler_options, attributes, removed_attributes;
  std::optional<int64_t> max_trials, patience;
  std::optional<double> max_duration;
  std::vector<std::string> target;
  std::optional<int32_t> max_retries;
  std::optional<bool> allow_repeats;
};

auto FindParameter(SearchSpace* space, const std::string& name) {
  return std::find_if(space->begin(), space->end(), [&name](const Parameter& parameter) { return parameter.name == name; });
}

// The space with the parameters given in the place of those of their names, new ones at the end.
absl::StatusOr<SearchSpace> GrownSpace(const UpdateOptions& options, SearchSpace space) {
  const size_t before = space.size();
  for (const std::string& text : options.params) {
    PARZEN_ASSIGN_OR_RETURN(Parameter parameter, ParseParameter(text));
    const auto known = FindParameter(&space, parameter.name);
    if (known == space.end()) {
      space.push_back(std::move(parameter));
      continue;
    }
    known->distribution = std::move(parameter.distribution);
    if (parameter.when.has_value()) known->when = std::move(parameter.when);  // else the condition stays
  }
  for (const std::string& text : options.defaults) {
    PARZEN_ASSIGN_OR_RETURN(const auto assignment, SplitAssignment(text, "--default"));
    const auto known = FindParameter(&space, assignment.first);
    if (known == space.end() || known - space.begin() < static_cast<std::ptrdiff_t>(before)) {
      return absl::InvalidArgumentError("--default names '" + assignment.first +
                                        "': a parameter that this --param adds is accepted");
    }
    PARZEN_ASSIGN_OR_RETURN(Value value, ParseValue(assignment.second, known->distribution, "--default " + assignment.first));
    known->default_value = std::move(value);
  }
  return space;
}

absl::StatusOr<StudyUpdate> UpdateOf(const UpdateOptions& options, const SearchSpace& space) {
  StudyUpdate update;
  if (!options.params.empty() || !options.defaults.empty()) {
    PARZEN_ASSIGN_OR_RETURN(SearchSpace grown, GrownSpace(options, space));
    update.space = std::move(grown);
  }
  if (!options.sampler.empty() || !options.sampler_options.empty()) {
    PARZEN_ASSIGN_OR_RETURN(Sampler sampler, ParseSampler(options.sampler, options.sampler_options));
    update.sampler = std::move(sampler);
  }
  if (!options.metric_names.empty()) update.metric_names = options.metric_names;
  update.max_trials = options.max_trials;
  update.max_duration = options.max_duration;
  update.patience = options.patience;
  if (!options.target.empty()) {
    update.target.emplace();
    for (const std::string& text : options.target) {
      double number = 0;
      if (text == "none" && options.target.size() == 1) break;
      if (!absl::SimpleAtod(text, &number))
        return absl::InvalidArgumentError("--target is '" + text + "': a number or none is accepted");
      update.target->push_back(number);
    }
  }
  update.max_retries = options.max_retries;
  update.allow_repeats = options.allow_repeats;
  PARZEN_ASSIGN_OR_RETURN(Attributes attributes, ParseAttributes(options.attributes, "--attr"));
  update.user_attrs = std::move(attributes);
  for (const std::string& key : options.removed_attributes) update.user_attrs.emplace_back(key, "");
  return update;
}

absl::Status Update(const Context& context, const UpdateOptions& options) {
  PARZEN_ASSIGN_OR_RETURN(Study study, context.OpenStudy(options.study));
  PARZEN_ASSIGN_OR_RETURN(const StudyUpdate update, UpdateOf(options, study.info().config.space));
  if (const absl::Status status = study.Update(update); !status.ok()) return status;
  if (context.json) {
    std::printf("%s\n", Dump(ToJson(study.info())).c_str());
  } else {
    std::printf("study %s is changed\n", Printable(study.name()).c_str());
  }
  return absl::OkStatus();
}

}  // namespace

void AddStudyUpdate(CLI::App* study, Context* context) {
  auto options = std::make_shared<UpdateOptions>();
  CLI::App* update = study->add_subcommand("update", "Grow a study's space, change its limits, sampler or attributes");
  update->add_option("STUDY", options->study, "Its name")->required();
  update->add_option("-p,--param", options->params, "A new parameter, or one with a wider range or more choices")
      ->type_name("NAME=DIST")
      ->expected(1)
      ->take_all();
  update->add_option("--default", options->defaults, "What trials before a new parameter are taken to have had")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->take_all();
  update
      ->add_option("-n,--max-trials", options->max_trials,
                   "Never more trials than this; raised, a study that they had finished goes on")
      ->type_name("INT")
      ->transform(Whole(1));
  update->add_option("--max-duration", options->max_duration, "Seconds after the first ask; 0 takes the limit away")
      ->type_name("SECONDS");
  update->add_option("--target", options->target, "A loss that finishes it, or none; repeat for several objectives")
      ->type_name("NUMBER")
      ->expected(1)
      ->take_all();
  update->add_option("--patience", options->patience, "Complete trials without a better one; 0 takes the limit away")
      ->type_name("INT")
      ->transform(Whole(0));
  update->add_option("--max-retries", options->max_retries, "Lost workers before a trial is failed")
      ->type_name("INT")
      ->transform(Whole(0, kMostRetries));
  update->add_option("--allow-repeats", options->allow_repeats, "true or false: may a finite space's points come again")
      ->type_name("BOOL")
      ->check(CLI::Validator(CLI::IsMember({"true", "false"})).description(""));
  update->add_option("--metric-name", options->metric_names, "Name of an objective; once an objective")
      ->type_name("NAME")
      ->expected(1)
      ->take_all();
  update->add_option("-s,--sampler", options->sampler, "auto, random, qmc, tpe or gp-ei")->type_name("NAME");
  update->add_option("--sampler-option", options->sampler_options, "For example n_startup_trials=20 for tpe")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->take_all();
  update->add_option("--attr", options->attributes, "Set a user attribute")->type_name("KEY=JSON")->expected(1)->take_all();
  update->add_option("--remove-attr", options->removed_attributes, "Remove a user attribute")
      ->type_name("KEY")
      ->expected(1)
      ->take_all();
  update->footer(
      "All of it changes, or nothing. A parameter keeps its condition. "
      "A finished study goes on with a larger --max-trials and 'parzen study resume'.");
  update->callback([options, context] { context->exit_code = context->Finish(Update(*context, *options)); });
}

}  // namespace parzen::cli
