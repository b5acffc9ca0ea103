// The study definition as JSON (the grammar is in docs/storage.md).

#include "server/engine/definition/definition_json.h"

#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "server/engine/definition/definition.h"

namespace parzen::engine {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
void PutOptional(const char* name, const std::optional<T>& value, Json* json) {
  if (value) (*json)[name] = *value;
}

template <typename T>
void TakeOptional(const Json& json, const char* name, std::optional<T>* value) {
  if (!json.contains(name)) return;
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    *value = WholeOf<T>(json.at(name));
  } else {
    *value = json.at(name).get<T>();
  }
}

OptionValue OptionOf(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_number_float()) return json.get<double>();
  return WholeOf<int64_t>(json);
}

// The options of each sampler that has some set, under its key.
Json SamplerToJson(const SamplerConfig& sampler) {
  Json json = {{"kind", SamplerName(sampler.kind)}, {"seed", sampler.seed}, {"algorithm_version", sampler.algorithm_version}};
  for (const SamplerDescriptor& descriptor : Samplers()) {
    for (const OptionDescriptor& option : descriptor.options) {
      const std::optional<OptionValue> value = option.get(sampler);
      if (!value) continue;
      std::visit([&](const auto& v) { json[std::string(descriptor.options_key)][std::string(option.name)] = v; }, *value);
    }
  }
  return json;
}

SamplerConfig SamplerOf(const Json& json) {
  SamplerConfig sampler;
  const SamplerDescriptor* kind = FindSampler(json.at("kind").get<std::string>());
  if (kind == nullptr) throw std::invalid_argument("sampler \"" + json.at("kind").get<std::string>() + "\" is unknown");
  sampler.kind = kind->kind;
  sampler.seed = WholeOf<uint64_t>(json.at("seed"));
  sampler.algorithm_version = WholeOf<int32_t>(json.at("algorithm_version"));
  for (const SamplerDescriptor& descriptor : Samplers()) {
    const auto options = json.find(std::string(descriptor.options_key));
    if (descriptor.options.empty() || options == json.end()) continue;
    for (const OptionDescriptor& option : descriptor.options) {
      const auto value = options->find(std::string(option.name));
      if (value == options->end()) continue;
      if (absl::Status set = option.set(OptionOf(*value), &sampler); !set.ok()) {
        throw std::invalid_argument(std::string(option.name) + " is " + value->dump() + "; " + std::string(set.message()));
      }
    }
  }
  return sampler;
}

Json ParameterToJson(const Parameter& parameter, const std::optional<Choice>& default_value) {
  Json json = {{"name", parameter.name}};
  json.update(ToJson(parameter.distribution));
  if (parameter.condition) {
    Json values = Json::array();
    for (const Choice& value : parameter.condition->values) values.push_back(ToJson(value));
    json["when"] = {{"parent", parameter.condition->parent}, {"values", std::move(values)}};
  }
  if (default_value) json["default"] = ToJson(*default_value);
  return json;
}

DeclaredParameter ParameterOf(const Json& json) {
  DeclaredParameter declared;
  declared.parameter.name = json.at("name").get<std::string>();
  declared.parameter.distribution = DistributionOf(json);
  if (json.contains("when")) {
    Condition condition{json.at("when").at("parent").get<std::string>(), {}};
    for (const Json& value : json.at("when").at("values")) condition.values.push_back(ChoiceOf(value));
    declared.parameter.condition = std::move(condition);
  }
  if (json.contains("default")) declared.default_value = ChoiceOf(json.at("default"));
  return declared;
}

}  // namespace

std::string_view SamplerName(SamplerKind kind) { return DescriptorOf(kind).name; }

std::string DefinitionToJson(const StudyDefinition& definition) {
  Json json = {{"directions", Json::array()}};
  for (const Direction direction : definition.directions) {
    json["directions"].push_back(direction == Direction::kMinimize ? "minimize" : "maximize");
  }
  if (!definition.metric_names.empty()) json["metric_names"] = definition.metric_names;
  Json& space = json["space"] = Json::array();
  for (size_t i = 0; i < definition.space.size(); ++i) {
    space.push_back(ParameterToJson(definition.space[i], definition.defaults[i]));
  }
  json["sampler"] = SamplerToJson(definition.sampler);
  json["pruner"] = ToJson(definition.pruner);
  PutOptional("max_trials", definition.max_trials, &json);
  if (definition.max_duration) json["max_duration"] = ToJson(Choice(*definition.max_duration));
  for (const double value : definition.target) json["target"].push_back(ToJson(Choice(value)));
  PutOptional("patience", definition.patience, &json);
  json["max_retries"] = definition.max_retries;
  json["allow_repeats"] = definition.allow_repeats;
  if (definition.warm_start != nullptr) json["warm_start"] = ToJson(*definition.warm_start);
  return Dump(json);
}

absl::StatusOr<StudyDefinition> DefinitionFromJson(std::string_view text) {
  try {
    const Json json = Json::parse(text.begin(), text.end());
    StudyDefinition definition;
    definition.directions.clear();
    for (const Json& direction : json.at("directions")) {
      definition.directions.push_back(direction == "maximize" ? Direction::kMaximize : Direction::kMinimize);
    }
    if (json.contains("metric_names")) definition.metric_names = json.at("metric_names").get<std::vector<std::string>>();
    std::vector<DeclaredParameter> space;
    for (const Json& parameter : json.at("space")) space.push_back(ParameterOf(parameter));
    if (absl::Status status = SetSpace(std::move(space), &definition); !status.ok()) {
      return absl::DataLossError("a stored space is not valid: " + status.ToString());
    }
    definition.sampler = SamplerOf(json.at("sampler"));
    // An object; before there were pruners it was missing, or a text that was kept for nothing.
    definition.pruner.kind = PrunerKind::kAuto;
    definition.pruner.algorithm_version = 0;
    if (json.contains("pruner") && json.at("pruner").is_object()) definition.pruner = PrunerOf(json.at("pruner"));
    TakeOptional(json, "max_trials", &definition.max_trials);
    if (json.contains("max_duration")) definition.max_duration = std::get<double>(ChoiceOf(json.at("max_duration")));
    if (json.contains("target")) {
      for (const Json& value : json.at("target")) definition.target.push_back(std::get<double>(ChoiceOf(value)));
    }
    TakeOptional(json, "patience", &definition.patience);
    definition.max_retries = WholeOf<int32_t>(json.at("max_retries"));
    definition.allow_repeats = json.at("allow_repeats").get<bool>();
    if (json.contains("warm_start")) {
      definition.warm_start = std::make_shared<const WarmStart>(WarmStartOf(json.at("warm_start")));
    }
    return definition;
  } catch (const std::exception& error) {
    return absl::DataLossError(std::string("a stored study definition cannot be read: ") + error.what());
  }
}

}  // namespace parzen::engine
