// explain

#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>

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

constexpr size_t kShownCandidates = 5;
constexpr size_t kShownNumbers = 20;

struct ExplainArguments {
  std::string study;
  int64_t number = 0;
  bool all = false;
};

bool IsGp(const ExplainedGroup& group) { return group.method == "gp-ei"; }

double ScoreOf(const ExplainedGroup& group, const Candidate& candidate) {
  return IsGp(group) ? candidate.log_ei : candidate.log_l - candidate.log_g;
}

Json ToJson(const ExplainedGroup& group) {
  Json candidates = Json::array();
  for (const Candidate& candidate : group.candidates) {
    Json json = {{"params", cli::ToJson(candidate.params)}};
    if (IsGp(group)) {
      json["mean"] = cli::ToJson(candidate.mean);
      json["deviation"] = cli::ToJson(candidate.deviation);
      json["log_ei"] = cli::ToJson(candidate.log_ei);
    } else {
      json["log_l"] = cli::ToJson(candidate.log_l);
      json["log_g"] = cli::ToJson(candidate.log_g);
    }
    candidates.push_back(std::move(json));
  }
  Json json = {{"parameters", group.parameters}, {"method", group.method}};
  if (!group.below.empty() || !group.above.empty()) {
    json["below"] = group.below;
    json["above"] = group.above;
  }
  if (!candidates.empty()) json["candidates"] = std::move(candidates);
  if (group.winner.has_value()) json["winner"] = *group.winner;
  Json model = Json::object();
  for (const auto& [name, value] : group.model) model[name] = cli::ToJson(value);
  if (!model.empty()) json["model"] = std::move(model);
  return json;
}

std::string NumbersText(const std::vector<int64_t>& numbers, bool all) {
  std::string text;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (!all && i == kShownNumbers) return text + absl::StrFormat(", and %d more", numbers.size() - i);
    text += (i > 0 ? ", " : "") + std::to_string(numbers[i]);
  }
  return text;
}

// The candidates, the best first, the winner marked.
void PrintCandidates(const Context& context, const ExplainedGroup& group, bool all) {
  std::vector<size_t> order(group.candidates.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&group](size_t a, size_t b) {
    if ((a == group.winner) != (b == group.winner)) return a == group.winner;
    return ScoreOf(group, group.candidates[a]) > ScoreOf(group, group.candidates[b]);
  });
  std::vector<Table::Column> columns = {{""}};
  const std::vector<const char*> figures = IsGp(group) ? std::vector<const char*>{"mean", "deviation", "log EI"}
                                                       : std::vector<const char*>{"log l", "log g", "log l/g"};
  for (const char* figure : figures) columns.push_back({figure, true});
  for (const std::string& name : group.parameters) columns.push_back({name, true});
  Table table(columns);
  const size_t shown = all ? order.size() : std::min(order.size(), kShownCandidates);
  for (size_t i = 0; i < shown; ++i) {
    const Candidate& candidate = group.candidates[order[i]];
    std::vector<std::string> cells = {order[i] == group.winner ? "chosen" : ""};
    if (IsGp(group)) {
      for (const double figure : {candidate.mean, candidate.deviation, candidate.log_ei}) cells.push_back(ShortNumber(figure));
    } else {
      for (const double figure : {candidate.log_l, candidate.log_g, candidate.log_l - candidate.log_g})
        cells.push_back(ShortNumber(figure));
    }
    for (const std::string& name : group.parameters) {
      const Value* value = Find(candidate.params, name);
      cells.push_back(value == nullptr ? "" : ShortText(*value));
    }
    table.Add(std::move(cells));
  }
  std::fputs(table.Render(TerminalWidth(stdout), UseColors(context.color, stdout)).c_str(), stdout);
  if (shown < order.size()) std::printf("and %zu more candidates: --all\n", order.size() - shown);
}

void PrintGroup(const Context& context, const ExplainedGroup& group, bool all) {
  std::string names;
  for (const std::string& name : group.parameters) names += (names.empty() ? "" : ", ") + name;
  std::printf("\n%s: %s\n", Printable(names).c_str(), Printable(group.method).c_str());
  if (!group.below.empty() || !group.above.empty()) {
    std::printf("better trials  %s\n", NumbersText(group.below, all).c_str());
    std::printf("the rest       %s\n", NumbersText(group.above, all).c_str());
  }
  for (const auto& [name, value] : group.model) std::printf("%-14s %s\n", Printable(name).c_str(), ShortNumber(value).c_str());
  if (!group.candidates.empty()) PrintCandidates(context, group, all);
}

absl::Status Explain(const Context& context, const ExplainArguments& arguments) {
  PARZEN_ASSIGN_OR_RETURN(const Study study, context.OpenStudy(arguments.study));
  PARZEN_ASSIGN_OR_RETURN(const Explanation explanation, study.Explain(arguments.number));
  if (context.json) {
    Json groups = Json::array();
    for (const ExplainedGroup& group : explanation.groups) groups.push_back(ToJson(group));
    Json json = {{"number", arguments.number}, {"groups", std::move(groups)}};
    if (!explanation.trial.prune_reason.empty()) json["prune_reason"] = explanation.trial.prune_reason;
    std::printf("%s\n", Dump(json).c_str());
    return absl::OkStatus();
  }
  std::printf("trial %lld\n", static_cast<long long>(arguments.number));
  for (const Param& param : explanation.trial.params) {
    std::printf("  %s = %s\n", Printable(param.name).c_str(), Printable(ToText(param.value)).c_str());
  }
  if (const std::string& reason = explanation.trial.prune_reason; !reason.empty()) std::printf("%s\n", Printable(reason).c_str());
  for (const ExplainedGroup& group : explanation.groups) PrintGroup(context, group, arguments.all);
  return absl::OkStatus();
}

}  // namespace

void AddExplainCommand(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<ExplainArguments>();
  CLI::App* command = app->add_subcommand("explain", "Say how a trial's parameters were chosen, and why it was pruned");
  command->add_option("STUDY", arguments->study, "The study's name")->required();
  command->add_option("NUMBER", arguments->number, "The trial's number")->required()->transform(Whole(0));
  command->add_flag("--all", arguments->all, "Every candidate and number, not only the first ones");
  command->callback([arguments, context] { context->exit_code = context->Finish(Explain(*context, *arguments)); });
}

}  // namespace parzen::cli
