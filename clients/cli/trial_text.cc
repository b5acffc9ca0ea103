#include "clients/cli/trial_text.h"

#include <algorithm>

#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

// Names of all parameters, declared ones first, others as they appear.
std::vector<std::string> ParameterNames(const StudyInfo& study, const std::vector<FrozenTrial>& trials) {
  std::vector<std::string> names;
  for (const Parameter& parameter : study.config.space) names.push_back(parameter.name);
  for (const FrozenTrial& trial : trials) {
    for (const Param& param : trial.params) {
      if (std::find(names.begin(), names.end(), param.name) == names.end()) names.push_back(param.name);
    }
  }
  return names;
}

}  // namespace

std::string ShortText(const Value& value) {
  const auto* number = std::get_if<double>(&value);
  return number != nullptr ? ShortNumber(*number) : ToText(value);
}

std::string ObjectiveName(const StudyInfo& study, size_t objective) {
  if (objective < study.config.metric_names.size()) return study.config.metric_names[objective];
  return study.config.directions.size() == 1 ? "value" : "value_" + std::to_string(objective);
}

std::string DirectionsText(const StudyConfig& config) {
  std::string text;
  for (size_t i = 0; i < config.directions.size(); ++i) {
    text.append(i > 0 ? ", " : "").append(ToText(config.directions[i]));
    if (i < config.metric_names.size()) text += " " + config.metric_names[i];
  }
  return text;
}

std::string CountsText(const TrialCounts& counts) {
  std::string text;
  const auto add = [&text](int64_t count, const char* what) {
    if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  };
  add(counts.complete, "complete");
  add(counts.pruned, "pruned");
  add(counts.failed, "failed");
  add(counts.running, "running");
  add(counts.waiting, "waiting");
  return text.empty() ? "none" : text;
}

std::string ValuesText(const FrozenTrial& trial) {
  std::string text;
  for (const double value : trial.values) text += (text.empty() ? "" : ", ") + ShortNumber(value);
  return text;
}

std::string AgeText(const FrozenTrial& trial) {
  if (!trial.started.has_value()) return {};
  if (trial.imported && trial.started == trial.finished) return {};  // only known to have been imported then
  return ShortDuration(trial.finished.value_or(std::chrono::system_clock::now()) - *trial.started);
}

Table TrialsTable(const StudyInfo& study, const std::vector<FrozenTrial>& trials) {
  const std::vector<std::string> names = ParameterNames(study, trials);
  std::vector<Table::Column> columns = {{"TRIAL", true}, {"STATE"}};
  for (size_t i = 0; i < study.config.directions.size(); ++i) columns.push_back({ObjectiveName(study, i), true});
  for (const std::string& name : names) {
    const bool text = std::any_of(trials.begin(), trials.end(), [&name](const FrozenTrial& trial) {
      const Value* value = Find(trial.params, name);
      return value != nullptr && std::holds_alternative<std::string>(*value);
    });
    columns.push_back({name, !text, text});
  }
  columns.push_back({"TIME", true});
  columns.push_back({"WORKER", false, true});
  const bool reasons = std::any_of(trials.begin(), trials.end(), [](const FrozenTrial& trial) { return !trial.reason.empty(); });
  if (reasons) columns.push_back({"REASON", false, true});
  Table table(columns);
  for (const FrozenTrial& trial : trials) {
    std::vector<std::string> cells = {std::to_string(trial.number()), std::string(ToText(trial.state))};
    for (size_t i = 0; i < study.config.directions.size(); ++i) {
      cells.push_back(i < trial.values.size() ? ShortNumber(trial.values[i]) : "");
    }
    for (const std::string& name : names) {
      const Value* value = Find(trial.params, name);
      cells.push_back(value == nullptr ? "" : ShortText(*value));
    }
    cells.push_back(AgeText(trial));
    cells.push_back(trial.worker);
    if (reasons) cells.push_back(trial.reason);
    table.Add(std::move(cells));
  }
  return table;
}

std::string TrialDetails(const StudyInfo& study, const FrozenTrial& trial) {
  std::string text;
  const auto line = [&text](std::string title, std::string_view content) {
    title.resize(std::max<size_t>(title.size(), 12), ' ');
    text += title + " " + Printable(content) + "\n";
  };
  line("trial", std::to_string(trial.number()));
  line("state", ToText(trial.state));
  for (size_t i = 0; i < trial.values.size(); ++i) line(ObjectiveName(study, i), ToText(trial.values[i]));
  if (trial.state == TrialState::kFailed) line("failure", std::string(ToText(trial.failure)) + ": " + trial.reason);
  if (!trial.prune_reason.empty()) line("pruning", trial.prune_reason);
  for (size_t i = 0; i < trial.params.size(); ++i) {
    line(i == 0 ? "params" : "", trial.params[i].name + " = " + ToText(trial.params[i].value));
  }
  for (const auto& [name, value] : trial.constraints) line("constraint", name + " = " + ToText(value));
  for (const auto& [name, value] : trial.metrics) line("metric", name + " = " + ToText(value));
  for (const auto& [key, json] : trial.user_attrs) line("attribute", key + " = " + json);
  for (const IntermediateValue& step : trial.intermediate_values) {
    std::string values = std::string(ToText(step.value));
    for (const double other : step.more) values += ", " + std::string(ToText(other));
    line("step " + std::to_string(step.step), values);
  }
  if (!trial.worker.empty()) line("worker", trial.worker);
  if (trial.handle.attempt > 0) line("attempt", std::to_string(trial.handle.attempt));
  if (trial.started.has_value()) line("started", LocalTime(*trial.started));
  if (trial.finished.has_value()) line("finished", LocalTime(*trial.finished));
  if (const std::string age = AgeText(trial); !age.empty()) line("time", age);
  return text;
}

std::string TrialLine(const FrozenTrial& trial) {
  std::string line = "trial " + std::to_string(trial.number()) + " " + std::string(ToText(trial.state));
  if (const std::string values = ValuesText(trial); !values.empty()) line += " " + values;
  if (const std::string age = AgeText(trial); !age.empty()) line += " (" + age + ")";
  for (const Param& param : trial.params) line += " " + param.name + "=" + ShortText(param.value);
  if (!trial.reason.empty()) line += ": " + trial.reason;
  return Printable(line);
}

}  // namespace parzen::cli
