// Distributions and choices as JSON texts.
//
//   choice        null | true | 3 | 3.0 | "text" | {"double": "Infinity" | "-Infinity"}
//   distribution  {"type": "float", "low": 0.0, "high": 1.0, "log": true, "step": 0.1}      log and step only where they are set
//                 {"type": "int", "low": 1, "high": 8, "log": true, "step": 2}              step only where it is not 1
//                 {"type": "categorical", "choices": [choice, ...]}
//                 and what Optuna's clients write (optuna_distribution.h), which is only read here

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "server/engine/definition/definition.h"
#include "server/engine/definition/definition_json.h"
#include "server/engine/definition/json_text.h"
#include "server/engine/definition/optuna_distribution.h"

namespace parzen::engine {

nlohmann::ordered_json ToJson(const Choice& value) {
  switch (value.index()) {
    case 0:
      return nullptr;
    case 1:
      return std::get<bool>(value);
    case 2:
      return std::get<int64_t>(value);
    case 3: {
      const double number = std::get<double>(value);
      if (std::isfinite(number)) return number;
      return {{"double", std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity"}};
    }
    default:
      return std::get<std::string>(value);
  }
}

Choice ChoiceOf(const nlohmann::ordered_json& json) {
  if (json.is_null()) return std::monostate();
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<int64_t>();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_object()) {
    const std::string& text = json.at("double").get_ref<const std::string&>();
    const double infinity = std::numeric_limits<double>::infinity();
    return text == "NaN" ? std::numeric_limits<double>::quiet_NaN() : text == "-Infinity" ? -infinity : infinity;
  }
  return json.get<std::string>();
}

nlohmann::ordered_json ToJson(const Distribution& distribution) {
  nlohmann::ordered_json json;
  if (const auto* real = std::get_if<FloatDistribution>(&distribution)) {
    json = {{"type", "float"}, {"low", real->low}, {"high", real->high}};
    if (real->log) json["log"] = true;
    if (real->step) json["step"] = *real->step;
  } else if (const auto* whole = std::get_if<IntDistribution>(&distribution)) {
    json = {{"type", "int"}, {"low", whole->low}, {"high", whole->high}};
    if (whole->log) json["log"] = true;
    if (whole->step != 1) json["step"] = whole->step;
  } else {
    json["type"] = "categorical";
    nlohmann::ordered_json& choices = json["choices"] = nlohmann::ordered_json::array();
    for (const Choice& choice : std::get<CategoricalDistribution>(distribution).choices) choices.push_back(ToJson(choice));
  }
  return json;
}

Distribution DistributionOf(const nlohmann::ordered_json& json) {
  const std::string& type = json.at("type").get_ref<const std::string&>();
  if (type == "float") {
    FloatDistribution real{json.at("low").get<double>(), json.at("high").get<double>(), json.value("log", false), std::nullopt};
    if (json.contains("step")) real.step = json.at("step").get<double>();
    return real;
  }
  if (type == "int") {
    return IntDistribution{WholeOf<int64_t>(json.at("low")), WholeOf<int64_t>(json.at("high")), json.value("log", false),
                           json.contains("step") ? WholeOf<int64_t>(json.at("step")) : 1};
  }
  CategoricalDistribution categorical;
  for (const auto& choice : json.at("choices")) categorical.choices.push_back(ChoiceOf(choice));
  return categorical;
}

std::string Dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string DistributionToJson(const Distribution& distribution) { return Dump(ToJson(distribution)); }

absl::StatusOr<Distribution> DistributionFromJson(std::string_view json) {
  if (IsOptunaDistribution(json)) {
    absl::StatusOr<Distribution> distribution = ParseOptunaDistribution(json);
    if (distribution.ok()) return distribution;
    return absl::DataLossError("a stored distribution cannot be read: " + std::string(distribution.status().message()));
  }
  try {
    return DistributionOf(nlohmann::ordered_json::parse(json.begin(), json.end()));
  } catch (const std::exception& error) {
    return absl::DataLossError(std::string("a stored distribution cannot be read: ") + error.what());
  }
}

std::string ChoiceToJson(const Choice& value) {
  std::string text;
  if (const auto* number = std::get_if<double>(&value)) {
    AppendJsonDouble(*number, &text);
  } else if (const auto* string = std::get_if<std::string>(&value)) {
    AppendJsonString(*string, &text);
  } else if (const auto* whole = std::get_if<int64_t>(&value)) {
    text = std::to_string(*whole);
  } else if (const auto* truth = std::get_if<bool>(&value)) {
    text = *truth ? "true" : "false";
  } else {
    text = "null";
  }
  return text;
}

absl::StatusOr<Choice> ChoiceFromJson(std::string_view json) {
  try {
    return ChoiceOf(nlohmann::ordered_json::parse(json.begin(), json.end()));
  } catch (const std::exception& error) {
    return absl::DataLossError(std::string("a stored value cannot be read: ") + error.what());
  }
}

}  // namespace parzen::engine
