#include "clients/cli/csv_trials.h"

#include <algorithm>
#include <functional>
#include <map>

#include "clients/cli/csv.h"
#include "clients/cli/json.h"
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

// What a column of an imported file means.
using SetCell = std::function<absl::Status(const std::string& cell, FrozenTrial* trial)>;

absl::Status Refuse(const std::string& column, const std::string& cell, const std::string& accepted) {
  return absl::InvalidArgumentError("column " + column + " is '" + Truncate(Printable(cell), 60) + "': " + accepted +
                                    " is accepted");
}

absl::StatusOr<double> NumberIn(const std::string& column, const std::string& cell) {
  const std::optional<double> number = ParseNumber(cell);
  if (!number.has_value()) return Refuse(column, cell, "a number");
  return *number;
}

SetCell SetParam(const std::string& column, const Parameter& parameter) {
  return [column, parameter](const std::string& cell, FrozenTrial* trial) -> absl::Status {
    const absl::StatusOr<Value> value = ParseValue(cell, parameter.distribution, "column " + column);
    if (!value.ok()) return value.status();
    trial->params.push_back({parameter.name, *value});
    return absl::OkStatus();
  };
}

SetCell SetNamed(const std::string& column, const std::string& name, NamedValues FrozenTrial::* member) {
  return [=](const std::string& cell, FrozenTrial* trial) -> absl::Status {
    const absl::StatusOr<double> number = NumberIn(column, cell);
    if (!number.ok()) return number.status();
    (trial->*member).emplace_back(name, *number);
    return absl::OkStatus();
  };
}

SetCell SetTime(const std::string& column, std::optional<Time> FrozenTrial::* member) {
  return [=](const std::string& cell, FrozenTrial* trial) -> absl::Status {
    trial->*member = ParseUtcTime(cell);
    return (trial->*member).has_value() ? absl::OkStatus() : Refuse(column, cell, "a time like 2026-01-31T17:05:09Z");
  };
}

absl::Status SetState(const std::string& cell, FrozenTrial* trial) {
  std::string lower = cell;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower == "fail") lower = "failed";  // Optuna's word
  const std::optional<TrialState> state = TrialStateFromText(lower);
  if (!state.has_value()) return Refuse("state", cell, "complete, pruned, failed, running or waiting");
  trial->state = *state;
  return absl::OkStatus();
}

absl::Status SetFailure(const std::string& cell, FrozenTrial* trial) {
  const std::optional<FailureKind> kind = FailureKindFromText(cell);
  if (!kind.has_value()) return Refuse("failure", cell, "crashed, preempted or infeasible");
  trial->failure = *kind;
  return absl::OkStatus();
}

const std::map<std::string, SetCell>& FixedColumns() {
  static const std::map<std::string, SetCell> columns = {
      {"number", [](const std::string&, FrozenTrial*) { return absl::OkStatus(); }},
      {"state", SetState},
      {"worker",
       [](const std::string& cell, FrozenTrial* trial) {
         trial->worker = cell;
         return absl::OkStatus();
       }},
      {"started", SetTime("started", &FrozenTrial::started)},
      {"finished", SetTime("finished", &FrozenTrial::finished)},
      {"failure", SetFailure},
      {"reason",
       [](const std::string& cell, FrozenTrial* trial) {
         trial->reason = cell;
         return absl::OkStatus();
       }},
  };
  return columns;
}

// The meaning of a column, by its name.
absl::StatusOr<SetCell> ColumnMeaning(const StudyInfo& study, const std::string& column,
                                      const std::vector<std::string>& value_columns) {
  if (std::find(value_columns.begin(), value_columns.end(), column) != value_columns.end()) {
    return SetCell([column](const std::string& cell, FrozenTrial* trial) -> absl::Status {
      const absl::StatusOr<double> number = NumberIn(column, cell);
      if (!number.ok()) return number.status();
      trial->values.push_back(*number);
      return absl::OkStatus();
    });
  }
  for (const Parameter& parameter : study.config.space) {
    if (column == "params_" + parameter.name) return SetParam(column, parameter);
  }
  if (const auto fixed = FixedColumns().find(column); fixed != FixedColumns().end()) return fixed->second;
  const auto behind = [&column](std::string_view prefix) { return column.substr(prefix.size()); };
  if (column.starts_with("metrics_")) return SetNamed(column, behind("metrics_"), &FrozenTrial::metrics);
  if (column.starts_with("constraints_")) return SetNamed(column, behind("constraints_"), &FrozenTrial::constraints);
  if (column.starts_with("user_attrs_")) {
    return SetCell([key = behind("user_attrs_")](const std::string& cell, FrozenTrial* trial) {
      trial->user_attrs.emplace_back(key, Json::accept(cell) ? cell : Dump(Json(cell)));
      return absl::OkStatus();
    });
  }
  for (const Parameter& parameter : study.config.space) {
    if (column == parameter.name) return SetParam(column, parameter);
  }
  return absl::InvalidArgumentError("column '" + column +
                                    "' means nothing here: docs/cli.md lists what does, --value names the loss");
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
      fields.push_back(value == nullptr ? "" : ToText(*value));
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

absl::StatusOr<std::vector<FrozenTrial>> TrialsFromCsv(const StudyInfo& study, std::string_view text,
                                                       const std::vector<std::string>& value_columns) {
  if (study.config.space.empty()) {
    return absl::InvalidArgumentError(
        "the study declares no space, so a CSV file cannot say what its columns are: import JSON Lines");
  }
  absl::StatusOr<std::vector<std::vector<std::string>>> records = ParseCsv(text);
  if (!records.ok()) return records.status();
  if (records->empty()) return absl::InvalidArgumentError("the file is empty: a line of column names is accepted first");
  std::vector<std::string> values = value_columns;
  if (values.empty()) {
    for (size_t i = 0; i < study.config.directions.size(); ++i) values.push_back(ValueColumn(study, i));
  }
  const std::vector<std::string>& header = records->front();
  for (const std::string& value : values) {
    if (std::find(header.begin(), header.end(), value) == header.end()) {
      return absl::InvalidArgumentError("the file has no column '" + value + "' for an objective: --value names it");
    }
  }
  std::vector<SetCell> columns;
  for (const std::string& column : header) {
    absl::StatusOr<SetCell> meaning = ColumnMeaning(study, column, values);
    if (!meaning.ok()) return meaning.status();
    columns.push_back(*std::move(meaning));
  }
  std::vector<FrozenTrial> trials;
  for (size_t row = 1; row < records->size(); ++row) {
    const std::vector<std::string>& cells = (*records)[row];
    const std::string where = "record " + std::to_string(row + 1) + ": ";
    if (cells.size() != columns.size()) {
      return absl::InvalidArgumentError(where + std::to_string(cells.size()) + " fields, the header has " +
                                        std::to_string(columns.size()));
    }
    FrozenTrial trial;
    for (size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].empty()) continue;
      if (const absl::Status status = columns[i](cells[i], &trial); !status.ok()) {
        return absl::InvalidArgumentError(where + std::string(status.message()));
      }
    }
    if (trial.state >= TrialState::kComplete) trials.push_back(std::move(trial));
  }
  return trials;
}

}  // namespace parzen::cli
