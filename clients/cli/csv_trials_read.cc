#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <set>

#include "base/status_macros.h"
#include "clients/cli/csv.h"
#include "clients/cli/csv_trials.h"
#include "clients/cli/json.h"
#include "clients/cli/space_notation.h"
#include "clients/cli/terminal.h"
#include "clients/cli/trial_check.h"
#include "clients/cli/utf8.h"

namespace parzen::cli {
namespace {

// What a cell of a column does to its trial; null: nothing.
using SetCell = std::function<absl::Status(const std::string& cell, FrozenTrial* trial)>;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

absl::Status Refuse(const std::string& column, const std::string& cell, const std::string& accepted) {
  return absl::InvalidArgumentError("column " + column + " is '" + Truncate(Printable(RepairUtf8(cell)), 60) + "': " + accepted +
                                    " is accepted");
}

absl::StatusOr<double> NumberIn(const std::string& column, const std::string& cell) {
  const std::optional<double> number = ParseNumber(Trim(cell));
  if (!number.has_value()) return Refuse(column, cell, "a number");
  return *number;
}

// A choice as others write it: its text, or Python's True, False and None. All that the cell could be.
std::vector<Value> ChoicesOf(const std::string& cell, const Categorical& categorical) {
  std::vector<Value> found;
  for (const Value& choice : categorical.choices) {
    const std::string text = ToText(choice);
    const bool text_choice = std::holds_alternative<std::string>(choice);
    std::optional<double> number;  // pandas writes a column with gaps as doubles: 1.0
    if (!text_choice) number = ParseNumber(text);
    const bool same_number = number.has_value() && ParseNumber(Trim(cell)) == number;
    const bool python = (std::holds_alternative<bool>(choice) && Lower(Trim(cell)) == text) ||
                        (std::holds_alternative<std::monostate>(choice) && Trim(cell) == "None");
    if (text == cell || same_number || python) found.push_back(choice);
  }
  return found;
}

SetCell SetParam(const std::string& column, const Parameter& parameter, bool exported) {
  return [column, parameter, exported](const std::string& cell, FrozenTrial* trial) -> absl::Status {
    const auto* categorical = std::get_if<Categorical>(&parameter.distribution);
    if (categorical != nullptr && !exported) {
      const std::vector<Value> found = ChoicesOf(cell, *categorical);
      if (found.size() > 1) {
        return Refuse(column, cell,
                      "it could be " + ToNotation(found[0]) + " or " + ToNotation(found[1]) + "; a file that says which");
      }
      if (found.size() == 1) {
        trial->params.push_back({parameter.name, found[0]});
        return absl::OkStatus();
      }
    }
    PARZEN_ASSIGN_OR_RETURN(Value value, ParseValue(cell, parameter.distribution, "column " + column));
    trial->params.push_back({parameter.name, std::move(value)});
    return absl::OkStatus();
  };
}

SetCell SetNamed(const std::string& column, const std::string& name, NamedValues FrozenTrial::* member) {
  return [=](const std::string& cell, FrozenTrial* trial) -> absl::Status {
    PARZEN_ASSIGN_OR_RETURN(const double number, NumberIn(column, cell));
    (trial->*member).emplace_back(name, number);
    return absl::OkStatus();
  };
}

SetCell SetTime(const std::string& column, std::optional<Time> FrozenTrial::* member) {
  return [=](const std::string& cell, FrozenTrial* trial) -> absl::Status {
    std::string time(Trim(cell));
    if (const size_t blank = time.find(' '); blank != std::string::npos) time[blank] = 'T';  // as pandas writes it
    trial->*member = ParseUtcTime(time);
    return (trial->*member).has_value() ? absl::OkStatus() : Refuse(column, cell, "a time like 2026-01-31T17:05:09Z");
  };
}

absl::Status SetState(const std::string& cell, FrozenTrial* trial) {
  std::string lower = Lower(Trim(cell));
  if (lower.starts_with("trialstate.")) lower.erase(0, lower.find('.') + 1);
  if (lower == "fail") lower = "failed";  // Optuna's word
  const std::optional<TrialState> state = TrialStateFromText(lower);
  if (!state.has_value()) return Refuse("state", cell, "complete, pruned, failed, running or waiting");
  trial->state = *state;
  return absl::OkStatus();
}

absl::Status SetFailure(const std::string& cell, FrozenTrial* trial) {
  const std::optional<FailureKind> kind = FailureKindFromText(std::string(Trim(cell)));
  if (!kind.has_value()) return Refuse("failure", cell, "crashed, preempted or infeasible");
  trial->failure = *kind;
  return absl::OkStatus();
}

SetCell SetText(std::string FrozenTrial::* member) {
  return [member](const std::string& cell, FrozenTrial* trial) {
    trial->*member = cell;
    return absl::OkStatus();
  };
}

const std::map<std::string, SetCell>& FixedColumns() {
  static const std::map<std::string, SetCell> columns = {
      {"number", nullptr},
      {"state", SetState},
      {"worker", SetText(&FrozenTrial::worker)},
      {"started", SetTime("started", &FrozenTrial::started)},
      {"finished", SetTime("finished", &FrozenTrial::finished)},
      {"failure", SetFailure},
      {"reason", SetText(&FrozenTrial::reason)},
  };
  return columns;
}

// Columns of data frames that say nothing that could be kept: pandas' index, what follows from others, times without a zone, what
// only Optuna's own samplers read.
bool IsPassedOver(const std::string& column) {
  static const std::set<std::string> kNames = {"", "duration", "datetime_start", "datetime_complete"};
  return kNames.contains(column) || column.starts_with("Unnamed: ") || column.starts_with("system_attrs_");
}

class Reader {
 public:
  explicit Reader(const StudyInfo& study) : study_(study) {}

  // The first line. `value_columns` as for TrialsFromCsv.
  absl::Status ReadHeader(const std::vector<std::string>& header, const std::vector<std::string>& value_columns);
  absl::Status ReadLine(const CsvLine& line);
  FileTrials Take() { return std::move(read_); }

 private:
  // What an objective's column may be called where nobody says so.
  std::vector<std::string> NamesOfValue(size_t objective) const;
  absl::Status FindValues(const std::vector<std::string>& header, const std::vector<std::string>& value_columns);
  absl::StatusOr<SetCell> Meaning(const std::string& column) const;

  const StudyInfo& study_;
  bool exported_ = false;             // by `parzen export`
  std::vector<std::string> values_;   // columns, one an objective
  std::vector<size_t> value_places_;  // of them
  std::vector<std::string> columns_;  // trimmed
  std::vector<SetCell> set_;
  FileTrials read_;
};

std::vector<std::string> Reader::NamesOfValue(size_t objective) const {
  const StudyConfig& config = study_.config;
  std::vector<std::string> names;
  if (config.directions.size() == 1) names.emplace_back("value");
  names.push_back("values_" + std::to_string(objective));
  if (objective < config.metric_names.size()) {
    names.push_back("values_" + config.metric_names[objective]);
    if (config.directions.size() == 1) names.push_back("value_" + config.metric_names[objective]);
  }
  return names;
}

absl::Status Reader::FindValues(const std::vector<std::string>& header, const std::vector<std::string>& value_columns) {
  const size_t objectives = study_.config.directions.size();
  if (!value_columns.empty() && value_columns.size() != objectives) {
    return absl::InvalidArgumentError("--value is given " + std::to_string(value_columns.size()) + " times: the study has " +
                                      std::to_string(objectives) + (objectives == 1 ? " objective" : " objectives"));
  }
  for (size_t i = 0; i < objectives; ++i) {
    const std::vector<std::string> names = value_columns.empty() ? NamesOfValue(i) : std::vector{value_columns[i]};
    const auto found = std::find_if(names.begin(), names.end(), [&header](const std::string& name) {
      return std::find(header.begin(), header.end(), name) != header.end();
    });
    if (found == names.end()) {
      return absl::InvalidArgumentError("the file has no column '" + names[0] + "' for an objective: --value names it");
    }
    values_.push_back(*found);
    value_places_.push_back(static_cast<size_t>(std::find(header.begin(), header.end(), *found) - header.begin()));
  }
  return absl::OkStatus();
}

absl::StatusOr<SetCell> Reader::Meaning(const std::string& column) const {
  if (std::find(values_.begin(), values_.end(), column) != values_.end()) return SetCell();  // read in the objectives' order
  for (const Parameter& parameter : study_.config.space) {
    if (column == "params_" + parameter.name) return SetParam(column, parameter, exported_);
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
  for (const Parameter& parameter : study_.config.space) {
    if (column == parameter.name) return SetParam(column, parameter, exported_);
  }
  if (IsPassedOver(column)) return SetCell();
  return absl::InvalidArgumentError("column '" + column +
                                    "' means nothing here: docs/cli.md lists what does, --value names the loss");
}

absl::Status Reader::ReadHeader(const std::vector<std::string>& header, const std::vector<std::string>& value_columns) {
  const auto is_param = [this](const std::string& column) {
    return std::any_of(study_.config.space.begin(), study_.config.space.end(),
                       [&column](const Parameter& parameter) { return column == "params_" + parameter.name; });
  };
  // Names of the study's own may begin or end with a blank.
  for (const std::string& column : header) columns_.push_back(is_param(column) ? column : std::string(Trim(column)));
  const auto has = [this](const char* name) { return std::find(columns_.begin(), columns_.end(), name) != columns_.end(); };
  exported_ = has("worker") && has("started") && has("finished") && has("failure") && has("reason") && !has("duration");
  PARZEN_RETURN_IF_ERROR(FindValues(columns_, value_columns));
  std::set<std::string> seen;
  for (const std::string& column : columns_) {
    const bool bare = is_param("params_" + column) && !FixedColumns().contains(column);
    const std::string meant = bare ? "params_" + column : column;
    if (!seen.insert(meant).second) return absl::InvalidArgumentError("column '" + column + "' is there twice");
    PARZEN_ASSIGN_OR_RETURN(SetCell meaning, Meaning(column));
    if (meaning == nullptr && IsPassedOver(column) && !column.empty()) read_.passed_over.push_back(column);
    set_.push_back(std::move(meaning));
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadLine(const CsvLine& line) {
  if (line.fields.size() != columns_.size()) {
    return absl::InvalidArgumentError(std::to_string(line.fields.size()) + " fields, the header has " +
                                      std::to_string(columns_.size()));
  }
  FrozenTrial trial;
  for (size_t i = 0; i < line.fields.size(); ++i) {
    if (!IsUtf8(line.fields[i])) return absl::InvalidArgumentError("column " + columns_[i] + " is no UTF-8");
    if (line.fields[i].empty() || set_[i] == nullptr) continue;
    PARZEN_RETURN_IF_ERROR(set_[i](line.fields[i], &trial));
  }
  for (size_t i = 0; i < values_.size(); ++i) {
    const std::string& cell = line.fields[value_places_[i]];
    if (Trim(cell).empty()) continue;
    PARZEN_ASSIGN_OR_RETURN(const double value, NumberIn(values_[i], cell));
    trial.values.push_back(value);
  }
  if (trial.state < TrialState::kComplete) {
    ++read_.left_out;
    return absl::OkStatus();
  }
  PARZEN_RETURN_IF_ERROR(CheckFinished(trial, study_.config));
  read_.trials.push_back(std::move(trial));
  read_.lines.push_back(line.line);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FileTrials> TrialsFromCsv(const StudyInfo& study, std::string_view text,
                                         const std::vector<std::string>& value_columns) {
  if (study.config.space.empty()) {
    return absl::InvalidArgumentError(
        "the study declares no space, so a CSV file cannot say what its columns are: import JSON Lines");
  }
  PARZEN_ASSIGN_OR_RETURN(const std::vector<CsvLine> lines, ParseCsv(text));
  if (lines.empty()) return absl::InvalidArgumentError("the file is empty: a line of column names is accepted first");
  Reader reader(study);
  PARZEN_RETURN_IF_ERROR(reader.ReadHeader(lines.front().fields, value_columns));
  for (size_t i = 1; i < lines.size(); ++i) {
    const absl::Status status = reader.ReadLine(lines[i]);
    if (status.ok()) continue;
    return absl::InvalidArgumentError("line " + std::to_string(lines[i].line) + ": " + std::string(status.message()));
  }
  return reader.Take();
}

}  // namespace parzen::cli
