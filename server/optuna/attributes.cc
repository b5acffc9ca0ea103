#include "server/optuna/attributes.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "server/engine/definition/completed_rungs.h"
#include "server/engine/definition/python_json.h"

namespace parzen::optuna {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kConstraints = "constraints";
constexpr std::string_view kConstraint = "constraints:";
constexpr std::string_view kFixedParams = "fixed_params";
constexpr std::string_view kMetricNames = "study:metric_names";

// Null where the text cannot be read: it was checked when it was set.
Json Parse(const std::string& json) {
  try {
    return Json::parse(engine::StandardJson(json));
  } catch (const std::exception&) {
    return {};
  }
}

// A JSON number, or one of Python's (StandardJson).
std::optional<double> NumberOf(const Json& json) {
  if (json.is_number()) return json.get<double>();
  if (!json.is_object() || json.size() != 1 || !json.contains("double") || !json["double"].is_string()) return std::nullopt;
  const std::string& text = json["double"].get_ref<const std::string&>();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

std::optional<Choice> ChoiceOf(const Json& json) {
  if (json.is_null()) return Choice();
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<int64_t>();
  if (json.is_string()) return json.get<std::string>();
  if (const std::optional<double> number = NumberOf(json)) return *number;
  return std::nullopt;
}

// As Python's json module writes it.
Json TextOf(const Choice& choice) {
  if (const auto* flag = std::get_if<bool>(&choice)) return *flag;
  if (const auto* whole = std::get_if<int64_t>(&choice)) return *whole;
  if (const auto* number = std::get_if<double>(&choice)) return *number;
  if (const auto* text = std::get_if<std::string>(&choice)) return *text;
  return nullptr;
}

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return Json(value).dump();
}

bool Has(const engine::Attributes& attributes, std::string_view key) {
  return std::any_of(attributes.begin(), attributes.end(), [&](const auto& entry) { return entry.first == key; });
}

bool IsIndex(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

engine::NamedDoubles ConstraintsOf(const std::string& key, const std::string& json) {
  engine::NamedDoubles constraints;
  if (key.starts_with(kConstraint)) {
    if (const std::optional<double> value = NumberOf(Parse(json))) {
      constraints.emplace_back(key.substr(kConstraint.size()), *value);
    }
    return constraints;
  }
  if (key != kConstraints) return constraints;
  const Json list = Parse(json);
  if (!list.is_array()) return constraints;
  for (const Json& entry : list) {
    const std::optional<double> value = NumberOf(entry);
    if (!value) return {};
    constraints.emplace_back(std::to_string(constraints.size()), *value);
  }
  return constraints;
}

std::vector<std::pair<std::string, Choice>> FixedParamsOf(const std::string& key, const std::string& json) {
  std::vector<std::pair<std::string, Choice>> fixed;
  if (key != kFixedParams) return fixed;
  const Json object = Parse(json);
  if (!object.is_object()) return fixed;
  for (const auto& [name, value] : object.items()) {
    if (std::optional<Choice> choice = ChoiceOf(value)) fixed.emplace_back(name, *std::move(choice));
  }
  return fixed;
}

std::optional<std::vector<std::string>> MetricNamesOf(const std::string& key, const std::string& json) {
  if (key != kMetricNames) return std::nullopt;
  const Json list = Parse(json);
  if (!list.is_array()) return std::nullopt;
  std::vector<std::string> names;
  for (const Json& name : list) {
    if (!name.is_string()) return std::nullopt;
    names.push_back(name.get<std::string>());
  }
  return names;
}

engine::Attributes SystemAttributesOf(const engine::Trial& trial) {
  engine::Attributes attributes = trial.system_attrs;
  const bool listed = Has(attributes, kConstraints);
  for (const auto& [name, value] : trial.constraints) {
    std::string key = std::string(kConstraint) + name;
    if ((listed && IsIndex(name)) || Has(attributes, key)) continue;
    attributes.emplace_back(std::move(key), NumberText(value));
  }
  const std::vector<double> rungs = engine::CompletedRungs(trial.system_attrs);
  for (size_t rung = 0; rung < rungs.size(); ++rung) {
    std::string key = engine::CompletedRungKey(rung);
    if (!Has(attributes, key)) attributes.emplace_back(std::move(key), NumberText(rungs[rung]));
  }
  if (trial.fixed_params.empty() || Has(attributes, kFixedParams)) return attributes;
  Json fixed = Json::object();
  for (const auto& [name, value] : trial.given) fixed[name] = TextOf(value);
  for (const engine::TrialParam& param : trial.params) {
    const bool is_fixed = std::find(trial.fixed_params.begin(), trial.fixed_params.end(), param.name) != trial.fixed_params.end();
    if (is_fixed) fixed[param.name] = TextOf(param.value);
  }
  if (fixed.empty()) return attributes;
  attributes.emplace_back(kFixedParams, fixed.dump(-1, ' ', false, Json::error_handler_t::replace));
  return attributes;
}

engine::Attributes SystemAttributesOf(const engine::Study& study) {
  engine::Attributes attributes = study.system_attrs;
  const std::vector<std::string>& names = study.definition->metric_names;
  if (names.empty() || Has(attributes, kMetricNames)) return attributes;
  attributes.emplace_back(kMetricNames, Json(names).dump(-1, ' ', false, Json::error_handler_t::replace));
  return attributes;
}

}  // namespace parzen::optuna
