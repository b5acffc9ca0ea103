#include "server/engine/definition/optuna_distribution.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/definition/definition_json.h"
#include "server/engine/definition/json_text.h"
#include "server/engine/definition/python_json.h"

namespace parzen::engine {
namespace {

using Json = nlohmann::ordered_json;

absl::Status Unreadable(std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("distribution: ", absl::string_view(why.data(), why.size()),
                                                 "; accepted: the JSON of one of Optuna's distributions"));
}

// A number that may be one of Python's.
double NumberOf(const Json& json) {
  if (json.is_number()) return json.get<double>();
  const Choice choice = ChoiceOf(json);
  if (const auto* number = std::get_if<double>(&choice)) return *number;
  throw std::domain_error("a number is expected, not " + json.dump());
}

Choice ForeignChoiceOf(const Json& json) {
  if (json.is_number_unsigned() && json.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) return json.dump();
  if (json.is_null() || json.is_boolean() || json.is_number() || json.is_string()) return ChoiceOf(json);
  if (json.is_object() && json.size() == 1 && json.contains("double") && json["double"].is_string()) {
    const std::string& text = json["double"].get_ref<const std::string&>();
    if (text == "Infinity" || text == "-Infinity") return ChoiceOf(json);
    if (text == "NaN") return text;
  }
  return Dump(json);
}

// Optuna lets a range end beside its grid and moves the end down.
FloatDistribution FloatOf(const Json& attributes, bool log, const char* step_key) {
  FloatDistribution real{NumberOf(attributes.at("low")), NumberOf(attributes.at("high")), log, std::nullopt};
  if (step_key != nullptr && attributes.contains(step_key) && !attributes[step_key].is_null()) {
    real.step = NumberOf(attributes[step_key]);
  }
  if (real.step && *real.step > 0 && real.high > real.low) {
    const double valid = NearestValidHigh(real.low, real.high, *real.step);
    real.high = valid > real.high ? valid - *real.step : valid;
  }
  return real;
}

IntDistribution IntOf(const Json& attributes, bool log) {
  IntDistribution whole{WholeOf<int64_t>(attributes.at("low")), WholeOf<int64_t>(attributes.at("high")), log, 1};
  if (!log && attributes.contains("step") && !attributes["step"].is_null()) whole.step = WholeOf<int64_t>(attributes["step"]);
  if (whole.step > 1 && whole.high > whole.low) whole.high -= (whole.high - whole.low) % whole.step;
  return whole;
}

Distribution DistributionNamed(const std::string& name, const Json& attributes) {
  const bool log = attributes.is_object() && attributes.value("log", false);
  if (name == "FloatDistribution") return FloatOf(attributes, log, "step");
  if (name == "IntDistribution") return IntOf(attributes, log);
  if (name == "UniformDistribution") return FloatOf(attributes, false, nullptr);
  if (name == "LogUniformDistribution") return FloatOf(attributes, true, nullptr);
  if (name == "DiscreteUniformDistribution") return FloatOf(attributes, false, "q");
  if (name == "IntUniformDistribution") return IntOf(attributes, false);
  if (name == "IntLogUniformDistribution") return IntOf(attributes, true);
  if (name != "CategoricalDistribution") throw std::domain_error("the class \"" + name + "\" is unknown");
  CategoricalDistribution categorical;
  for (const Json& choice : attributes.at("choices")) categorical.choices.push_back(ForeignChoiceOf(choice));
  return categorical;
}

// What Optuna's own classes refuse.
absl::Status CheckRange(const Distribution& distribution) {
  if (const auto* real = std::get_if<FloatDistribution>(&distribution)) {
    if (!(real->low <= real->high)) return Unreadable(absl::StrCat("low ", real->low, " is above high ", real->high));
    if (real->log && !(real->low > 0)) return Unreadable(absl::StrCat("low ", real->low, " is not above 0, with log"));
    if (real->log && real->step) return Unreadable("log and step exclude each other");
    if (real->step && !(*real->step > 0)) return Unreadable(absl::StrCat("step ", *real->step, " is not above 0"));
  } else if (const auto* whole = std::get_if<IntDistribution>(&distribution)) {
    if (whole->low > whole->high) return Unreadable(absl::StrCat("low ", whole->low, " is above high ", whole->high));
    if (whole->log && whole->low < 1) return Unreadable(absl::StrCat("low ", whole->low, " is below 1, with log"));
    if (whole->step < 1) return Unreadable(absl::StrCat("step ", whole->step, " is below 1"));
  } else {
    const size_t choices = std::get<CategoricalDistribution>(distribution).choices.size();
    if (choices == 0) return Unreadable("it has no choices");
    if (choices > kMaxChoices) return Unreadable(absl::StrCat("it has ", choices, " choices; at most ", kMaxChoices, " fit"));
  }
  return absl::OkStatus();
}

// As Python's repr writes a float: a whole one has ".0".
void AppendNumber(double value, std::string* out) {
  if (std::isfinite(value)) {
    AppendJsonDouble(value, out);
  } else {
    out->append(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
  }
}

}  // namespace

bool IsOptunaDistribution(std::string_view json) { return json.find("\"attributes\"") != std::string_view::npos; }

absl::StatusOr<Distribution> ParseOptunaDistribution(std::string_view json) {
  try {
    const std::string standard = StandardJson(json);
    const Json tree = Json::parse(standard);
    if (!tree.is_object() || !tree.contains("name") || !tree["name"].is_string() || !tree.contains("attributes")) {
      return Unreadable("it has no \"name\" and \"attributes\"");
    }
    Distribution distribution = DistributionNamed(tree["name"].get<std::string>(), tree["attributes"]);
    if (absl::Status status = CheckRange(distribution); !status.ok()) return status;
    return distribution;
  } catch (const std::exception& error) {
    return Unreadable(error.what());
  }
}

std::string OptunaDistributionText(const Distribution& distribution) {
  std::string text;
  if (const auto* real = std::get_if<FloatDistribution>(&distribution)) {
    text = R"({"name": "FloatDistribution", "attributes": {"step": )";
    if (real->step) {
      AppendNumber(*real->step, &text);
    } else {
      text += "null";
    }
    text += R"(, "low": )";
    AppendNumber(real->low, &text);
    text += R"(, "high": )";
    AppendNumber(real->high, &text);
    absl::StrAppend(&text, R"(, "log": )", real->log ? "true" : "false", "}}");
  } else if (const auto* whole = std::get_if<IntDistribution>(&distribution)) {
    absl::StrAppend(&text, R"({"name": "IntDistribution", "attributes": {"log": )", whole->log ? "true" : "false",
                    R"(, "step": )", whole->step, R"(, "low": )", whole->low, R"(, "high": )", whole->high, "}}");
  } else {
    text = R"({"name": "CategoricalDistribution", "attributes": {"choices": [)";
    for (const Choice& choice : std::get<CategoricalDistribution>(distribution).choices) {
      if (!text.ends_with('[')) text += ", ";
      if (const auto* number = std::get_if<double>(&choice)) {
        AppendNumber(*number, &text);
      } else {
        text += Dump(ToJson(choice));
      }
    }
    text += "]}}";
  }
  return text;
}

absl::Status CheckOptunaCompatible(std::string_view name, const Distribution& before, const Distribution& after) {
  const auto refuse = [&](std::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat("distribution: ", what.data(), " than \"", absl::string_view(name.data(), name.size()),
                     "\" has had in this study: ", ToString(before), " before, ", ToString(after), " now"));
  };
  if (before.index() != after.index()) return refuse("another kind");
  if (const auto* real = std::get_if<FloatDistribution>(&before)) {
    if (real->log != std::get<FloatDistribution>(after).log) return refuse("another log");
  } else if (const auto* whole = std::get_if<IntDistribution>(&before)) {
    if (whole->log != std::get<IntDistribution>(after).log) return refuse("another log");
  } else if (before != after) {
    return refuse("other choices");
  }
  return absl::OkStatus();
}

}  // namespace parzen::engine
