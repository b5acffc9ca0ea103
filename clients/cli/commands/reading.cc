// best, trials, watch

#include <algorithm>
#include <cstdio>
#include <memory>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "clients/cli/commands/checks.h"
#include "clients/cli/commands/commands.h"
#include "clients/cli/json.h"
#include "clients/cli/table.h"
#include "clients/cli/terminal.h"
#include "clients/cli/trial_text.h"

namespace parzen::cli {
namespace {

struct TrialsArguments {
  std::string study;
  std::vector<int64_t> numbers;
  std::vector<std::string> states;
  std::string sort = "number";
  std::optional<int64_t> limit;
};

struct WatchArguments {
  std::string study;
  bool all = false, follow = false;
};

void PrintTable(const Context& context, const StudyInfo& study, const std::vector<FrozenTrial>& trials) {
  std::fputs(TrialsTable(study, trials).Render(TerminalWidth(stdout), UseColors(context.color, stdout)).c_str(), stdout);
}

absl::Status Best(const Context& context, const std::string& name) {
  PARZEN_ASSIGN_OR_RETURN(const Study study, context.OpenStudy(name));
  PARZEN_ASSIGN_OR_RETURN(const std::vector<FrozenTrial> best, study.BestTrials());
  if (best.empty()) return absl::NotFoundError("the study '" + name + "' has no complete feasible trial yet");
  if (context.json) {
    for (const FrozenTrial& trial : best) std::printf("%s\n", Dump(ToJson(trial)).c_str());
  } else if (study.info().config.directions.size() > 1) {
    PrintTable(context, study.info(), best);
  } else {
    std::fputs(TrialDetails(study.info(), best.front()).c_str(), stdout);
  }
  return absl::OkStatus();
}

std::string BasisText(RecommendedTrial::Basis basis) {
  switch (basis) {
    case RecommendedTrial::Basis::kModel:
      return "model";
    case RecommendedTrial::Basis::kCommonParameters:
      return "model of the parameters that every trial has";
    default:
      return "told values: no model can be made yet";
  }
}

// A line an objective: "0.31 +- 0.02 (model)".
std::string ExpectationText(const RecommendedTrial& recommended) {
  std::string text;
  for (size_t i = 0; i < recommended.means.size(); ++i) {
    text += absl::StrFormat("%s%.6g +- %.2g", i > 0 ? ", " : "", recommended.means[i], recommended.deviations[i]);
  }
  return text + " (" + BasisText(recommended.basis) + ")";
}

absl::Status BestExpected(const Context& context, const std::string& name) {
  PARZEN_ASSIGN_OR_RETURN(const Study study, context.OpenStudy(name));
  PARZEN_ASSIGN_OR_RETURN(const std::vector<RecommendedTrial> best, study.RecommendedTrials());
  for (size_t i = 0; i < best.size(); ++i) {
    if (context.json) {
      auto line = ToJson(best[i].trial);
      for (const double mean : best[i].means) line["expected"].push_back(ToJson(mean));
      for (const double deviation : best[i].deviations) line["deviation"].push_back(ToJson(deviation));
      line["basis"] = best[i].basis == RecommendedTrial::Basis::kModel              ? "model"
                      : best[i].basis == RecommendedTrial::Basis::kCommonParameters ? "common_parameters"
                                                                                    : "told_values";
      std::printf("%s\n", Dump(line).c_str());
    } else {
      std::printf("%s%sexpected     %s\n", i > 0 ? "\n" : "", TrialDetails(study.info(), best[i].trial).c_str(),
                  ExpectationText(best[i]).c_str());
    }
  }
  return absl::OkStatus();
}

absl::Status ShowTrials(const Context& context, const Study& study, const std::vector<int64_t>& numbers) {
  for (size_t i = 0; i < numbers.size(); ++i) {
    PARZEN_ASSIGN_OR_RETURN(const FrozenTrial trial, study.GetTrial(numbers[i]));
    if (context.json) {
      std::printf("%s\n", Dump(ToJson(trial)).c_str());
    } else {
      std::printf("%s%s", i > 0 ? "\n" : "", TrialDetails(study.info(), trial).c_str());
    }
  }
  return absl::OkStatus();
}

// Best values first; trials without a value last.
void SortByValue(const StudyInfo& study, std::vector<FrozenTrial>* trials) {
  const double sign = study.config.directions[0] == Direction::kMaximize ? -1 : 1;
  std::stable_sort(trials->begin(), trials->end(), [sign](const FrozenTrial& a, const FrozenTrial& b) {
    if (a.values.empty() || b.values.empty()) return !a.values.empty() && b.values.empty();
    return sign * a.values[0] < sign * b.values[0];
  });
}

absl::Status Trials(const Context& context, const TrialsArguments& arguments) {
  if (arguments.sort != "number" && arguments.sort != "value") {
    return absl::InvalidArgumentError("--sort is '" + arguments.sort + "': number or value is accepted");
  }
  TrialFilter filter{.full = context.json};
  for (const std::string& text : arguments.states) {
    const std::optional<TrialState> state = TrialStateFromText(text);
    if (!state.has_value()) {
      return absl::InvalidArgumentError("--state is '" + text + "': waiting, running, complete, pruned or failed is accepted");
    }
    filter.states.push_back(*state);
  }
  PARZEN_ASSIGN_OR_RETURN(const Study study, context.OpenStudy(arguments.study));
  if (!arguments.numbers.empty()) return ShowTrials(context, study, arguments.numbers);
  PARZEN_ASSIGN_OR_RETURN(std::vector<FrozenTrial> trials, study.Trials(filter));
  if (arguments.sort == "value") SortByValue(study.info(), &trials);
  if (arguments.limit.has_value() && static_cast<size_t>(*arguments.limit) < trials.size()) {
    // The best ones stand first, the latest ones last.
    if (arguments.sort == "value") {
      trials.resize(*arguments.limit);
    } else {
      trials.erase(trials.begin(), trials.end() - *arguments.limit);
    }
  }
  if (context.json) {
    for (const FrozenTrial& trial : trials) std::printf("%s\n", Dump(ToJson(trial)).c_str());
  } else if (trials.empty()) {
    std::printf("no trials\n");
  } else {
    PrintTable(context, study.info(), trials);
  }
  return absl::OkStatus();
}

absl::Status Watch(const Context& context, const WatchArguments& arguments) {
  PARZEN_ASSIGN_OR_RETURN(Study study, context.OpenStudy(arguments.study));
  const auto ended = [&arguments](const StudyInfo& info) {
    return !arguments.follow && info.state == StudyState::kFinished && info.counts.running == 0;
  };
  bool finished = study.info().state == StudyState::kFinished;
  if (ended(study.info()) && !arguments.all) return absl::OkStatus();
  absl::Status inner;
  const absl::Status status = study.Watch(arguments.all ? 0 : study.info().revision, [&](const WatchUpdate& update) {
    for (const FrozenTrial& trial : update.trials) {
      std::printf("%s\n", context.json ? Dump(ToJson(trial)).c_str() : TrialLine(trial).c_str());
    }
    std::fflush(stdout);
    if (update.study.has_value()) finished = update.study->state == StudyState::kFinished;
    if (!finished || arguments.follow) return true;
    inner = study.Refresh();
    return inner.ok() && !(ended(study.info()) && study.info().revision <= update.revision);
  });
  if (!status.ok() || !inner.ok()) return status.ok() ? inner : status;
  if (!context.json)
    std::printf("study %s is finished: %s\n", Printable(study.name()).c_str(), CountsText(study.info().counts).c_str());
  return absl::OkStatus();
}

}  // namespace

void AddReadingCommands(CLI::App* app, Context* context) {
  auto name = std::make_shared<std::string>();
  CLI::App* best = app->add_subcommand("best", "Show the best trial, or the Pareto front");
  best->add_option("STUDY", *name, "The study's name")->required();
  auto expected = std::make_shared<bool>(false);
  best->add_flag("--expected", *expected, "The best that a model expects, luck aside");
  best->callback([name, expected, context] {
    context->exit_code = context->Finish(*expected ? BestExpected(*context, *name) : Best(*context, *name));
  });

  auto list = std::make_shared<TrialsArguments>();
  CLI::App* trials = app->add_subcommand("trials", "List trials, or show some in full");
  trials->add_option("STUDY", list->study, "The study's name")->required();
  trials->add_option("NUMBER", list->numbers, "Show these trials in full")->transform(Whole(0));
  trials->add_option("--state", list->states, "Only waiting, running, complete, pruned or failed ones")
      ->type_name("STATE")
      ->expected(1)
      ->take_all();
  trials->add_option("--sort", list->sort, "number (default) or value: the best first")->type_name("KEY");
  trials->add_option("-n,--limit", list->limit, "At most so many: the latest, or the best with --sort value")
      ->type_name("INT")
      ->transform(Whole(1));
  trials->callback([list, context] { context->exit_code = context->Finish(Trials(*context, *list)); });

  auto watching = std::make_shared<WatchArguments>();
  CLI::App* watch = app->add_subcommand("watch", "Follow a study until it is finished, one line a change");
  watch->add_option("STUDY", watching->study, "The study's name")->required();
  watch->add_flag("--all", watching->all, "First every trial there is");
  watch->add_flag("--follow", watching->follow, "Go on when the study is finished");
  watch->callback([watching, context] { context->exit_code = context->Finish(Watch(*context, *watching)); });
}

}  // namespace parzen::cli
