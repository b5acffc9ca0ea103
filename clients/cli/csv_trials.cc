#include "clients/cli/csv_trials.h"

#include <algorithm>
#include <functional>

#include "clients/cli/csv.h"
#include "clients/cli/space_notation.h"
#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

// Names in order of first appearance.
template <typename Range, typename NameOf>
void CollectNames(const Range& range, NameOf name_of, std::vector<std::string>* names) {
  for (const auto& item : range) {
    const std::string& name = name_of(item);
    if (std::find(names->begin(), names->end(), name) == names->end()) names->push_back(name);
  }
}

std::string ValueColumn(const StudyInfo& study, size_t i) {
  return study.config.directions.size() == 1 ? "value" : "values_" + std::to_string(i);
}

template <typename Pairs>
std::string TextOf(const Pairs& pairs, const std::string& name,
                   const std::function<std::string(const typename Pairs::value_type&)>& text) {
  for (const auto& pair : pairs) {
    if (pair.first == name) return text(pair);
  }
  return {};
}

const Distribution* FindDistribution(const StudyInfo& study, const FrozenTrial& trial, const std::string& name) {
  for (const Parameter& parameter : study.config.space) {
    if (parameter.name == name) return &parameter.distribution;
  }
  for (const Param& param : trial.params) {
    if (param.name == name && param.distribution.has_value()) return &*param.distribution;
  }
  return nullptr;
}

// Plain where that reads back as the same value, else in the notation of a space.
std::string CellOf(const Value& value, const Distribution* distribution) {
  std::string plain = ToText(value);
  if (distribution == nullptr || !std::holds_alternative<Categorical>(*distribution)) return plain;
  const absl::StatusOr<Value> read = ParseValue(plain);
  return read.ok() && *read == value ? plain : ToNotation(value);
}

}  // namespace

std::string TrialsToCsv(const StudyInfo& study, const std::vector<FrozenTrial>& trials) {
  std::vector<std::string> params, metrics, constraints, attributes;
  for (const Parameter& parameter : study.config.space) params.push_back(parameter.name);
  for (const FrozenTrial& trial : trials) {
    CollectNames(trial.params, [](const Param& param) { return param.name; }, &params);
    CollectNames(trial.metrics, [](const auto& pair) { return pair.first; }, &metrics);
    CollectNames(trial.constraints, [](const auto& pair) { return pair.first; }, &constraints);
    CollectNames(trial.user_attrs, [](const auto& pair) { return pair.first; }, &attributes);
  }
  std::vector<std::string> header = {"number", "state"};
  for (size_t i = 0; i < study.config.directions.size(); ++i) header.push_back(ValueColumn(study, i));
  for (const std::string& name : params) header.push_back("params_" + name);
  for (const std::string& name : metrics) header.push_back("metrics_" + name);
  for (const std::string& name : constraints) header.push_back("constraints_" + name);
  for (const std::string& name : attributes) header.push_back("user_attrs_" + name);
  for (const char* name : {"worker", "started", "finished", "failure", "reason"}) header.emplace_back(name);
  std::string csv = CsvRecord(header);

  const auto number = [](const std::pair<std::string, double>& pair) { return ToText(pair.second); };
  const auto json = [](const std::pair<std::string, std::string>& pair) { return pair.second; };
  for (const FrozenTrial& trial : trials) {
    std::vector<std::string> fields = {std::to_string(trial.number()), std::string(ToText(trial.state))};
    for (size_t i = 0; i < study.config.directions.size(); ++i) {
      fields.push_back(i < trial.values.size() ? ToText(trial.values[i]) : "");
    }
    for (const std::string& name : params) {
      const Value* value = Find(trial.params, name);
      fields.push_back(value == nullptr ? "" : CellOf(*value, FindDistribution(study, trial, name)));
    }
    for (const std::string& name : metrics) fields.push_back(TextOf(trial.metrics, name, number));
    for (const std::string& name : constraints) fields.push_back(TextOf(trial.constraints, name, number));
    for (const std::string& name : attributes) fields.push_back(TextOf(trial.user_attrs, name, json));
    fields.push_back(trial.worker);
    fields.push_back(trial.started.has_value() ? UtcTime(*trial.started) : "");
    fields.push_back(trial.finished.has_value() ? UtcTime(*trial.finished) : "");
    fields.emplace_back(trial.state == TrialState::kFailed ? ToText(trial.failure) : "");
    fields.push_back(trial.reason);
    csv += CsvRecord(fields);
  }
  return csv;
}

}  // namespace parzen::cli
