// The study definition as JSON (the grammar is in docs/storage.md).

#include "server/engine/definition_json.h"

#include <array>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "absl/strings/escaping.h"
#include "server/engine/definition.h"

namespace parzen::engine {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 5> kSamplers = {"auto", "random", "qmc", "tpe", "gp-ei"};
constexpr std::array<std::string_view, 3> kReproduce = {"none", "optuna-2.9.1", "optuna-5.0"};
constexpr std::array<std::string_view, 3> kTieOrders = {"default", "simd", "scalar"};

template <typename Enum, size_t n>
Enum EnumOf(const std::array<std::string_view, n>& names, const std::string& name, const char* field) {
  for (size_t i = 0; i < n; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  throw std::invalid_argument(std::string(field) + " \"" + name + "\" is unknown");
}

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

Json TpeToJson(const TpeOptions& options) {
  Json json = Json::object();
  if (options.reproduce != Reproduce::kNone) json["reproduce"] = kReproduce[static_cast<size_t>(options.reproduce)];
  if (options.tie_order != TieOrder::kDefault) json["tie_order"] = kTieOrders[static_cast<size_t>(options.tie_order)];
  PutOptional("n_startup_trials", options.n_startup_trials, &json);
  PutOptional("n_ei_candidates", options.n_ei_candidates, &json);
  PutOptional("multivariate", options.multivariate, &json);
  PutOptional("group", options.group, &json);
  PutOptional("constant_liar", options.constant_liar, &json);
  PutOptional("consider_endpoints", options.consider_endpoints, &json);
  PutOptional("consider_magic_clip", options.consider_magic_clip, &json);
  PutOptional("consider_prior", options.consider_prior, &json);
  PutOptional("prior_weight", options.prior_weight, &json);
  return json;
}

TpeOptions TpeOf(const Json& json) {
  TpeOptions options;
  if (json.contains("reproduce")) options.reproduce = EnumOf<Reproduce>(kReproduce, json.at("reproduce"), "reproduce");
  if (json.contains("tie_order")) options.tie_order = EnumOf<TieOrder>(kTieOrders, json.at("tie_order"), "tie_order");
  TakeOptional(json, "n_startup_trials", &options.n_startup_trials);
  TakeOptional(json, "n_ei_candidates", &options.n_ei_candidates);
  TakeOptional(json, "multivariate", &options.multivariate);
  TakeOptional(json, "group", &options.group);
  TakeOptional(json, "constant_liar", &options.constant_liar);
  TakeOptional(json, "consider_endpoints", &options.consider_endpoints);
  TakeOptional(json, "consider_magic_clip", &options.consider_magic_clip);
  TakeOptional(json, "consider_prior", &options.consider_prior);
  TakeOptional(json, "prior_weight", &options.prior_weight);
  return options;
}

Json SamplerToJson(const SamplerConfig& sampler) {
  Json json = {{"kind", SamplerName(sampler.kind)}, {"seed", sampler.seed}, {"algorithm_version", sampler.algorithm_version}};
  if (sampler.tpe != TpeOptions()) json["tpe"] = TpeToJson(sampler.tpe);
  if (sampler.gp.n_startup_trials) json["gp"] = {{"n_startup_trials", *sampler.gp.n_startup_trials}};
  return json;
}

SamplerConfig SamplerOf(const Json& json) {
  SamplerConfig sampler;
  sampler.kind = EnumOf<SamplerKind>(kSamplers, json.at("kind"), "sampler");
  sampler.seed = WholeOf<uint64_t>(json.at("seed"));
  sampler.algorithm_version = WholeOf<int32_t>(json.at("algorithm_version"));
  if (json.contains("tpe")) sampler.tpe = TpeOf(json.at("tpe"));
  if (json.contains("gp")) TakeOptional(json.at("gp"), "n_startup_trials", &sampler.gp.n_startup_trials);
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

std::string_view SamplerName(SamplerKind kind) { return kSamplers[static_cast<size_t>(kind)]; }

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
  if (!definition.pruner.empty()) {
    json["pruner"] = std::string(absl::BytesToHexString(absl::string_view(definition.pruner.data(), definition.pruner.size())));
  }
  PutOptional("max_trials", definition.max_trials, &json);
  json["max_retries"] = definition.max_retries;
  json["allow_repeats"] = definition.allow_repeats;
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
    if (json.contains("pruner")) definition.pruner = absl::HexStringToBytes(json.at("pruner").get<std::string>());
    TakeOptional(json, "max_trials", &definition.max_trials);
    definition.max_retries = WholeOf<int32_t>(json.at("max_retries"));
    definition.allow_repeats = json.at("allow_repeats").get<bool>();
    return definition;
  } catch (const std::exception& error) {
    return absl::DataLossError(std::string("a stored study definition cannot be read: ") + error.what());
  }
}

}  // namespace parzen::engine
