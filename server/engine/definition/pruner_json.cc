// A pruner's configuration as JSON:
//
//   {"kind": "percentile", "algorithm_version": 1, "percentile": 25.0, "n_startup_trials": 5, ...}
//   {"kind": "patient", "algorithm_version": 1, "patience": 3, "min_delta": 0.0, "wrapped": {"kind": "median", ...}}
//
// Every option of the kind is there by its name, but for those that are unset.

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

#include "sampler/pruner/pruner_options.h"
#include "server/engine/definition/definition_json.h"

namespace parzen::engine {
namespace {

using Json = nlohmann::ordered_json;

PrunerOptionValue ValueOf(const Json& json) {
  const Choice value = ChoiceOf(json);
  if (const auto* whole = std::get_if<int64_t>(&value)) return *whole;
  if (const auto* number = std::get_if<double>(&value)) return *number;
  throw std::domain_error("a number is expected, not " + json.dump());
}

PrunerConfig PrunerOf(const Json& json, int depth) {
  if (depth > kMaxWrappedPruners) throw std::domain_error("pruners are wrapped too deep");
  PrunerConfig pruner;
  const auto name = json.at("kind").get<std::string>();
  const std::optional<PrunerKind> kind = PrunerKindFromName(name);
  if (!kind) throw std::domain_error("pruner \"" + name + "\" is unknown");
  pruner.kind = *kind;
  pruner.algorithm_version = WholeOf<int32_t>(json.at("algorithm_version"));
  for (const PrunerOption& option : PrunerOptions(pruner.kind)) {
    const auto value = json.find(std::string(option.name));
    if (value == json.end()) continue;
    if (!option.set(ValueOf(*value), &pruner)) throw std::domain_error(std::string(option.name) + " is " + value->dump());
  }
  if (json.contains("wrapped")) {
    pruner.patient.wrapped = std::make_shared<const PrunerConfig>(PrunerOf(json.at("wrapped"), depth + 1));
  }
  return pruner;
}

}  // namespace

Json ToJson(const PrunerConfig& pruner) {
  Json json = {{"kind", PrunerName(pruner.kind)}, {"algorithm_version", pruner.algorithm_version}};
  for (const PrunerOption& option : PrunerOptions(pruner.kind)) {
    const std::optional<PrunerOptionValue> value = option.get(pruner);
    if (value) json[std::string(option.name)] = std::visit([](auto v) { return ToJson(Choice(v)); }, *value);
  }
  if (pruner.kind == PrunerKind::kPatient && pruner.patient.wrapped != nullptr) json["wrapped"] = ToJson(*pruner.patient.wrapped);
  return json;
}

PrunerConfig PrunerOf(const Json& json) { return PrunerOf(json, 0); }

}  // namespace parzen::engine
