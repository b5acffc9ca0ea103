// Reading: JSON -> plain types.

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "clients/cli/json.h"
#include "clients/cli/space_notation.h"
#include "clients/cli/terminal.h"

namespace parzen::cli {
namespace {

constexpr std::string_view kTimes = "a time like 2026-01-31T17:05:09.123456Z";

absl::Status Refuse(std::string_view what, const Json& found, std::string_view accepted) {
  return absl::InvalidArgumentError(std::string(what) + " is " + Truncate(Dump(found), 80) + ": " + std::string(accepted) +
                                    " is accepted");
}

// Every key of an object is one of `accepted`.
absl::Status CheckKeys(const Json& json, std::initializer_list<std::string_view> accepted, std::string_view what) {
  for (const auto& [key, value] : json.items()) {
    if (std::find(accepted.begin(), accepted.end(), key) != accepted.end()) continue;
    std::string list;
    for (const std::string_view name : accepted) list.append(list.empty() ? "" : ", ").append(name);
    return absl::InvalidArgumentError(std::string(what) + " has an unknown key '" + key + "': " + list + " are accepted");
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> IntFromJson(const Json& json, std::string_view what) {
  if (json.is_number_integer()) {
    if (json.is_number_unsigned() && json.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return Refuse(what, json, "a 64-bit integer");
    }
    return json.get<int64_t>();
  }
  // 8.0 and 1e3 are whole numbers too, as YAML and spreadsheets write them.
  if (json.is_number_float()) {
    const double value = json.get<double>();
    if (std::trunc(value) == value && std::abs(value) < 9.2e18) return static_cast<int64_t>(value);
  }
  return Refuse(what, json, "a whole number");
}

// A choice; {"float": "Infinity"} is the double.
absl::StatusOr<Value> ChoiceFromJson(const Json& json, const std::string& what) {
  if (!json.is_object() || json.size() != 1 || !json.contains("float")) return ValueFromJson(json, what);
  PARZEN_ASSIGN_OR_RETURN(const double number, DoubleFromJson(json["float"], what));
  return Value(number);
}

// "NaN(7ff8000000000001)", all of its bits.
std::optional<double> NanFromText(std::string_view text) {
  if (text.size() != 21 || !text.starts_with("NaN(") || text.back() != ')') return std::nullopt;
  uint64_t bits = 0;
  const auto [end, error] = std::from_chars(text.data() + 4, text.data() + 20, bits, 16);
  const auto value = std::bit_cast<double>(bits);
  return error == std::errc() && end == text.data() + 20 && std::isnan(value) ? std::optional(value) : std::nullopt;
}

absl::Status ReadNamed(const Json& json, const char* key, NamedValues* values) {
  if (!json.contains(key)) return absl::OkStatus();
  if (!json[key].is_object()) return Refuse(key, json[key], "an object of numbers");
  for (const auto& [name, value] : json[key].items()) {
    PARZEN_ASSIGN_OR_RETURN(const double number, DoubleFromJson(value, std::string(key) + "." + name));
    values->emplace_back(name, number);
  }
  return absl::OkStatus();
}

absl::Status ReadTime(const Json& json, const char* key, std::optional<Time>* time) {
  if (!json.contains(key)) return absl::OkStatus();
  if (json[key].is_string()) *time = ParseUtcTime(json[key].get<std::string>());
  if (!time->has_value()) return Refuse(key, json[key], kTimes);
  return absl::OkStatus();
}

absl::Status ReadParams(const Json& json, const SearchSpace& space, FrozenTrial* trial) {
  if (!json.contains("params") || !json["params"].is_object()) {
    return absl::InvalidArgumentError("params is missing: an object of values by parameter name is accepted");
  }
  const bool waits = json.contains("state") && json["state"] == "waiting";
  for (const auto& [name, value] : json["params"].items()) {
    const std::string what = "params." + name;
    const auto declared =
        std::find_if(space.begin(), space.end(), [&name = name](const Parameter& parameter) { return parameter.name == name; });
    if (!space.empty() && declared == space.end()) return absl::InvalidArgumentError(what + " is not a parameter of the study");
    Param param{name, {}};
    if (json.contains("distributions") && json["distributions"].is_object() && json["distributions"].contains(name)) {
      PARZEN_ASSIGN_OR_RETURN(Distribution read, DistributionFromJson(json["distributions"][name], "distributions." + name));
      param.distribution = std::move(read);
    } else if (space.empty() && !waits) {
      return absl::InvalidArgumentError(what + " has no distribution: the study declares no space, so 'distributions' must");
    }
    const Distribution* distribution = param.distribution        ? &*param.distribution
                                       : declared != space.end() ? &declared->distribution
                                                                 : nullptr;
    PARZEN_ASSIGN_OR_RETURN(Value read,
                            distribution == nullptr ? ChoiceFromJson(value, what) : ValueFromJson(value, *distribution, what));
    param.value = std::move(read);
    trial->params.push_back(std::move(param));
  }
  return absl::OkStatus();
}

// A number, or one an objective.
absl::Status ReadReported(const Json& json, IntermediateValue* reported) {
  const Json values = json.is_array() ? json : Json::array({json});
  if (values.empty()) return Refuse("intermediate_values", json, "a number, or one an objective");
  for (size_t i = 0; i < values.size(); ++i) {
    PARZEN_ASSIGN_OR_RETURN(const double value, DoubleFromJson(values[i], "intermediate_values: value"));
    if (i == 0) reported->value = value;
    if (i > 0) reported->more.push_back(value);
  }
  return absl::OkStatus();
}

absl::Status ReadOutcome(const Json& json, FrozenTrial* trial) {
  if (json.contains("state")) {
    const std::optional<TrialState> state =
        json["state"].is_string() ? TrialStateFromText(json["state"].get<std::string>()) : std::nullopt;
    if (!state.has_value()) return Refuse("state", json["state"], "complete, pruned or failed");
    trial->state = *state;
  }
  for (const char* list : {"values", "intermediate_values"}) {
    if (json.contains(list) && !json[list].is_array()) return Refuse(list, json[list], "a list");
  }
  for (const Json& value : json.value("values", Json::array())) {
    PARZEN_ASSIGN_OR_RETURN(const double number, DoubleFromJson(value, "values"));
    trial->values.push_back(number);
  }
  for (const Json& step : json.value("intermediate_values", Json::array())) {
    if (!step.is_array() || step.size() != 2) return Refuse("intermediate_values", step, "[step, value]");
    PARZEN_ASSIGN_OR_RETURN(const int64_t number, IntFromJson(step[0], "intermediate_values: step"));
    IntermediateValue& added = trial->intermediate_values.emplace_back(IntermediateValue{.step = number});
    if (const absl::Status status = ReadReported(step[1], &added); !status.ok()) return status;
  }
  if (json.contains("prune_reason")) {
    if (!json["prune_reason"].is_string()) return Refuse("prune_reason", json["prune_reason"], "a text");
    trial->prune_reason = json["prune_reason"].get<std::string>();
  }
  if (const absl::Status status = ReadNamed(json, "constraints", &trial->constraints); !status.ok()) return status;
  if (const absl::Status status = ReadNamed(json, "metrics", &trial->metrics); !status.ok()) return status;
  if (trial->state == TrialState::kFailed) {
    const Json failure = json.value("failure", Json::object());
    const std::string kind = failure.is_object() && failure.contains("kind") && failure["kind"].is_string()
                                 ? failure["kind"].get<std::string>()
                                 : std::string("crashed");
    const std::optional<FailureKind> known = FailureKindFromText(kind);
    if (!known.has_value()) return Refuse("failure.kind", kind, "crashed, preempted or infeasible");
    trial->failure = *known;
    if (failure.is_object() && failure.contains("reason") && failure["reason"].is_string()) {
      trial->reason = failure["reason"].get<std::string>();
    }
  }
  return absl::OkStatus();
}

// Where a trial comes from, as a copy of it says.
absl::Status ReadHistory(const Json& json, FrozenTrial* trial) {
  if (json.contains("attempt")) {
    PARZEN_ASSIGN_OR_RETURN(const int64_t attempt, IntFromJson(json["attempt"], "attempt"));
    if (attempt < 0 || attempt > std::numeric_limits<int32_t>::max()) return Refuse("attempt", json["attempt"], "0 or more");
    trial->handle.attempt = static_cast<int32_t>(attempt);
  }
  for (const auto& [key, member] : {std::pair{"enqueued", &FrozenTrial::enqueued}, {"imported", &FrozenTrial::imported}}) {
    if (!json.contains(key)) continue;
    if (!json[key].is_boolean()) return Refuse(key, json[key], "true or false");
    trial->*member = json[key].get<bool>();
  }
  const Json times = json.value("intermediate_times", Json::array());
  if (!times.is_array() || (!times.empty() && times.size() != trial->intermediate_values.size())) {
    return Refuse("intermediate_times", times, "a list of a time or null for each intermediate value");
  }
  for (size_t i = 0; i < times.size(); ++i) {
    if (times[i].is_null()) continue;
    if (times[i].is_string()) trial->intermediate_values[i].reported = ParseUtcTime(times[i].get<std::string>());
    if (!trial->intermediate_values[i].reported.has_value()) return Refuse("intermediate_times", times[i], kTimes);
  }
  if (!json.contains("fixed_params")) return absl::OkStatus();
  if (!json["fixed_params"].is_array()) return Refuse("fixed_params", json["fixed_params"], "a list of parameter names");
  for (const Json& name : json["fixed_params"]) {
    if (!name.is_string()) return Refuse("fixed_params", name, "the name of a parameter");
    trial->fixed_params.push_back(name.get<std::string>());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<double> DoubleFromJson(const Json& json, std::string_view what) {
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) {
    const auto& text = json.get_ref<const std::string&>();
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "Infinity") return std::numeric_limits<double>::infinity();
    if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
    if (const std::optional<double> nan = NanFromText(text)) return *nan;
  }
  return Refuse(what, json, "a number, \"NaN\", \"Infinity\" or \"-Infinity\"");
}

absl::StatusOr<Value> ValueFromJson(const Json& json, std::string_view what) {
  if (json.is_null()) return Value(std::monostate());
  if (json.is_boolean()) return Value(json.get<bool>());
  if (json.is_number_float()) return Value(json.get<double>());
  if (json.is_string()) return Value(json.get<std::string>());
  if (json.is_number_integer()) {
    PARZEN_ASSIGN_OR_RETURN(const int64_t value, IntFromJson(json, what));
    return Value(value);
  }
  return Refuse(what, json, "null, true, false, a number or a string");
}

absl::StatusOr<Value> ValueFromJson(const Json& json, const Distribution& distribution, std::string_view what) {
  if (std::holds_alternative<Float>(distribution)) {
    PARZEN_ASSIGN_OR_RETURN(const double value, DoubleFromJson(json, what));
    return Value(value);
  }
  if (std::holds_alternative<Int>(distribution)) {
    PARZEN_ASSIGN_OR_RETURN(const int64_t value, IntFromJson(json, what));
    return Value(value);
  }
  const auto& choices = std::get<Categorical>(distribution).choices;
  PARZEN_ASSIGN_OR_RETURN(const Value exact, ChoiceFromJson(json, std::string(what)));
  if (std::find(choices.begin(), choices.end(), exact) != choices.end()) return exact;
  // An infinite choice is written as a string.
  if (const absl::StatusOr<double> number = DoubleFromJson(json, what); number.ok()) {
    if (std::find(choices.begin(), choices.end(), Value(*number)) != choices.end()) return Value(*number);
  }
  return Refuse(what, json, "one of " + Truncate(ToNotation(distribution), 200));
}

absl::StatusOr<Distribution> DistributionFromJson(const Json& json, std::string_view what) {
  if (json.is_string()) return ParseDistribution(json.get<std::string>(), what);
  if (!json.is_object()) return Refuse(what, json, "an object with a type, or a text like \"float(0, 1)\"");
  const std::string type = json.contains("type") && json["type"].is_string() ? json["type"].get<std::string>() : std::string();
  const std::string name(what);
  if (type == "categorical") {
    if (const absl::Status status = CheckKeys(json, {"type", "choices", "when", "default"}, what); !status.ok()) return status;
    if (!json.contains("choices") || !json["choices"].is_array()) return absl::InvalidArgumentError(name + ".choices is missing");
    Categorical categorical;
    for (const Json& choice : json["choices"]) {
      PARZEN_ASSIGN_OR_RETURN(Value value, ChoiceFromJson(choice, name + ".choices"));
      categorical.choices.push_back(std::move(value));
    }
    return categorical;
  }
  if (type != "float" && type != "int") return Refuse(name + ".type", type, "float, int or categorical");
  if (const absl::Status status = CheckKeys(json, {"type", "low", "high", "log", "step", "when", "default"}, what);
      !status.ok()) {
    return status;
  }
  for (const char* bound : {"low", "high"}) {
    if (!json.contains(bound)) return absl::InvalidArgumentError(name + "." + bound + " is missing");
  }
  if (json.contains("log") && !json["log"].is_boolean()) return Refuse(name + ".log", json["log"], "true or false");
  const bool log = json.value("log", false);
  if (type == "int") {
    PARZEN_ASSIGN_OR_RETURN(const int64_t low, IntFromJson(json["low"], name + ".low"));
    PARZEN_ASSIGN_OR_RETURN(const int64_t high, IntFromJson(json["high"], name + ".high"));
    PARZEN_ASSIGN_OR_RETURN(const int64_t step, json.contains("step") ? IntFromJson(json["step"], name + ".step") : int64_t{1});
    return Int{low, high, log, step};
  }
  PARZEN_ASSIGN_OR_RETURN(const double low, DoubleFromJson(json["low"], name + ".low"));
  PARZEN_ASSIGN_OR_RETURN(const double high, DoubleFromJson(json["high"], name + ".high"));
  Float real{low, high, log};
  if (json.contains("step")) {
    PARZEN_ASSIGN_OR_RETURN(const double step, DoubleFromJson(json["step"], name + ".step"));
    real.step = step;
  }
  return real;
}

absl::StatusOr<SearchSpace> SpaceFromJson(const Json& json) {
  if (!json.is_object()) return Refuse("space", json, "an object of parameters by name");
  SearchSpace space;
  for (const auto& [name, entry] : json.items()) {
    const std::string what = "space." + name;
    if (entry.is_string()) {
      PARZEN_ASSIGN_OR_RETURN(Parameter parameter, ParseParameter(name, entry.get<std::string>()));
      space.push_back(std::move(parameter));
      continue;
    }
    PARZEN_ASSIGN_OR_RETURN(Distribution distribution, DistributionFromJson(entry, what));
    Parameter parameter{name, std::move(distribution)};
    if (entry.contains("when")) {
      const Json& when = entry["when"];
      if (!when.is_object() || when.size() != 1) return Refuse(what + ".when", when, "{parent: [values]}");
      parameter.when = Condition{when.begin().key(), {}};
      const Json values = when.begin()->is_array() ? *when.begin() : Json::array({*when.begin()});
      for (const Json& value : values) {
        PARZEN_ASSIGN_OR_RETURN(Value read, ChoiceFromJson(value, what + ".when"));
        parameter.when->values.push_back(std::move(read));
      }
    }
    if (entry.contains("default")) {
      PARZEN_ASSIGN_OR_RETURN(Value value, ValueFromJson(entry["default"], parameter.distribution, what + ".default"));
      parameter.default_value = std::move(value);
    }
    space.push_back(std::move(parameter));
  }
  return space;
}

absl::Status ReadAttributes(const Json& json, const std::string& name, Attributes* attributes) {
  for (const std::string& list : {name, name + "_text"}) {
    if (json.contains(list) && !json[list].is_object()) return Refuse(list, json[list], "an object of values by name");
  }
  const Json values = json.value(name, Json::object()), texts = json.value(name + "_text", Json::object());
  for (const auto& [key, value] : values.items()) {
    if (texts.contains(key) && !texts[key].is_string()) return Refuse(name + "_text." + key, texts[key], "a text");
    attributes->emplace_back(key, texts.contains(key) ? texts[key].get<std::string>() : Dump(value));
  }
  return absl::OkStatus();
}

absl::StatusOr<FrozenTrial> TrialFromJson(const Json& json, const SearchSpace& space) {
  if (!json.is_object()) return Refuse("a trial", json, "an object");
  FrozenTrial trial;
  if (const absl::Status status = ReadParams(json, space, &trial); !status.ok()) return status;
  if (const absl::Status status = ReadOutcome(json, &trial); !status.ok()) return status;
  if (const absl::Status status = ReadAttributes(json, "user_attrs", &trial.user_attrs); !status.ok()) return status;
  if (const absl::Status status = ReadAttributes(json, "system_attrs", &trial.system_attrs); !status.ok()) return status;
  if (const absl::Status status = ReadHistory(json, &trial); !status.ok()) return status;
  if (json.contains("worker") && json["worker"].is_string()) trial.worker = json["worker"].get<std::string>();
  if (const absl::Status status = ReadTime(json, "created", &trial.created); !status.ok()) return status;
  if (const absl::Status status = ReadTime(json, "started", &trial.started); !status.ok()) return status;
  if (const absl::Status status = ReadTime(json, "finished", &trial.finished); !status.ok()) return status;
  return trial;
}

}  // namespace parzen::cli
