#include "tests/golden/recording.h"

#include <stdexcept>

#include "tests/golden/python_json.h"

namespace parzen::golden {
namespace {

Choice ToChoice(const Json& value) {
  if (value.is_null()) return std::monostate();
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number()) return value.get<double>();
  return value.get<std::string>();
}

Parameter ToParameter(const Json& json) {
  Parameter parameter;
  parameter.name = json.at("name");
  const std::string type = json.at("type");
  if (type == "float") {
    FloatDistribution d{.low = json.at("low"), .high = json.at("high"), .log = json.value("log", false), .step = std::nullopt};
    if (json.contains("step") && !json["step"].is_null()) d.step = json["step"].get<double>();
    parameter.distribution = d;
  } else if (type == "int") {
    IntDistribution d{.low = json.at("low"), .high = json.at("high"), .log = json.value("log", false), .step = 1};
    if (json.contains("step") && !json["step"].is_null()) d.step = json["step"].get<int64_t>();
    parameter.distribution = d;
  } else {
    CategoricalDistribution d;
    for (const Json& choice : json.at("choices")) d.choices.push_back(ToChoice(choice));
    parameter.distribution = d;
  }
  if (json.contains("when") && !json["when"].is_null()) {
    Condition condition{.parent = json["when"].at("param"), .values = {}};
    for (const Json& value : json["when"].at("in")) condition.values.push_back(ToChoice(value));
    parameter.condition = condition;
  }
  return parameter;
}

SamplerConfig ToConfig(const Json& json) {
  SamplerConfig config;
  config.kind = SamplerKind::kTpe;
  const std::string version = json.at("optuna");
  config.tpe.reproduce = version.starts_with("2.9") ? Reproduce::kOptuna291 : Reproduce::kOptuna50;
  config.tpe.tie_order = json.value("tie_order", "simd") == "scalar" ? TieOrder::kScalar : TieOrder::kDefault;
  for (const auto& [name, value] : json.at("sampler").items()) {
    if (name == "seed")
      config.seed = value;
    else if (name == "n_startup_trials")
      config.tpe.n_startup_trials = value.get<int64_t>();
    else if (name == "n_ei_candidates")
      config.tpe.n_ei_candidates = value.get<int64_t>();
    else if (name == "multivariate")
      config.tpe.multivariate = value.get<bool>();
    else if (name == "group")
      config.tpe.group = value.get<bool>();
    else if (name == "constant_liar")
      config.tpe.constant_liar = value.get<bool>();
    else if (name == "consider_endpoints")
      config.tpe.consider_endpoints = value.get<bool>();
    else if (name == "consider_magic_clip")
      config.tpe.consider_magic_clip = value.get<bool>();
    else if (name == "consider_prior")
      config.tpe.consider_prior = value.get<bool>();
    else if (name == "prior_weight")
      config.tpe.prior_weight = value.get<double>();
    else
      throw std::runtime_error("unknown sampler argument " + name);
  }
  return config;
}

std::map<std::string, double> ToParams(const Json& json, const SearchSpace& space) {
  std::map<std::string, double> params;
  for (const auto& [name, value] : json.items()) {
    const Distribution& distribution = space[*space.Find(name)].distribution;
    params[name] = std::holds_alternative<CategoricalDistribution>(distribution)
                       ? ToInternal(name, distribution, ToChoice(value)).value()
                       : ToDouble(value);
  }
  return params;
}

Event ToEvent(const Json& json, const SearchSpace& space) {
  Event event;
  if (json.contains("enqueue")) {
    event.kind = Event::Kind::kEnqueue;
    event.params = ToParams(json["enqueue"], space);
  } else if (json.contains("ask")) {
    event.kind = Event::Kind::kAsk;
    event.number = json["ask"];
    event.params = ToParams(json.at("params"), space);
    event.tie = json.value("tie", false);
  } else {
    event.kind = Event::Kind::kTell;
    event.number = json.at("tell");
    const std::string state = json.at("state");
    event.outcome.state = state == "COMPLETE" ? RowState::kComplete : state == "PRUNED" ? RowState::kPruned : RowState::kFailed;
    if (json.contains("values") && !json["values"].is_null()) {
      for (const Json& value : json["values"]) event.outcome.values.push_back(ToDouble(value));
    }
    if (json.contains("intermediate")) {
      for (const auto& [step, value] : json["intermediate"].items()) {
        if (std::stoll(step) < event.outcome.last_step) continue;
        event.outcome.last_step = std::stoll(step);
        event.outcome.last_value = ToDouble(value);
      }
    }
    if (json.contains("constraints")) {
      for (const auto& [name, value] : json["constraints"].items()) event.outcome.constraints.push_back({name, ToDouble(value)});
    }
  }
  return event;
}

}  // namespace

std::vector<Recording> ReadRecordings(const std::string& path, bool (*wanted)(size_t index)) {
  std::vector<Recording> recordings;
  size_t index = 0;
  for (const std::string& line : ReadLines(path)) {
    if (!wanted(index++)) continue;
    const Json json = ParsePythonJson(line);
    Recording recording;
    recording.id = json.at("id");
    recording.config = ToConfig(json);
    for (const Json& direction : json.at("directions")) {
      recording.directions.push_back(direction == "maximize" ? Direction::kMaximize : Direction::kMinimize);
    }
    std::vector<Parameter> parameters;
    for (const Json& parameter : json.at("space")) parameters.push_back(ToParameter(parameter));
    recording.space = SearchSpace::Create(std::move(parameters)).value();
    for (const Json& event : json.at("events")) recording.events.push_back(ToEvent(event, recording.space));
    recordings.push_back(std::move(recording));
  }
  return recordings;
}

}  // namespace parzen::golden
