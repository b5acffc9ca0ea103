#include "server/engine/definition/pruner_json.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <variant>

#include "sampler/pruner/pruner_options.h"
#include "server/engine/definition/definition_json.h"

namespace parzen::engine {

using Json = nlohmann::ordered_json;

Json ToJson(const PrunerConfig& config) {
  Json json = {{"kind", std::string(PrunerName(config.kind))}};
  if (config.kind == PrunerKind::kAuto) json["algorithm_version"] = config.algorithm_version;
  if (config.kind == PrunerKind::kPatient && config.patient.wrapped != nullptr) json["wrapped"] = ToJson(*config.patient.wrapped);
  for (const PrunerOption& option : PrunerOptions(config.kind)) {
    const auto value = option.get(config);
    if (!value) continue;
    json[std::string(option.name)] = std::visit([](const auto& held) { return ToJson(Choice(held)); }, *value);
  }
  return json;
}

PrunerConfig PrunerOf(const Json& json) {
  PrunerConfig config;
  const std::string kind = json.at("kind").get<std::string>();
  const auto known = PrunerKindFromName(kind);
  if (!known) throw std::invalid_argument("pruner \"" + kind + "\" is unknown");
  config.kind = *known;
  if (json.contains("algorithm_version")) config.algorithm_version = WholeOf<int32_t>(json.at("algorithm_version"));
  if (json.contains("wrapped")) config.patient.wrapped = std::make_shared<PrunerConfig>(PrunerOf(json.at("wrapped")));
  for (const PrunerOption& option : PrunerOptions(config.kind)) {
    const auto found = json.find(std::string(option.name));
    if (found == json.end()) continue;
    const Choice choice = ChoiceOf(*found);
    std::optional<PrunerOptionValue> value;
    if (const auto* whole = std::get_if<int64_t>(&choice)) value = *whole;
    if (const auto* number = std::get_if<double>(&choice)) value = *number;
    if (!value || !option.set(value, &config)) throw std::invalid_argument(std::string(option.name) + " is " + found->dump());
  }
  return config;
}

}  // namespace parzen::engine
