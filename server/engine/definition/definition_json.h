// The JSON trees behind the texts of definition.h, for what is made of several of them. Reading throws std::exception:
// callers catch it before it leaves their file.

#ifndef PARZEN_SERVER_ENGINE_DEFINITION_JSON_H_
#define PARZEN_SERVER_ENGINE_DEFINITION_JSON_H_

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "sampler/pruner/pruner_config.h"
#include "sampler/space/space.h"
#include "sampler/warm_start.h"

namespace parzen::engine {

nlohmann::ordered_json ToJson(const Choice& value);
nlohmann::ordered_json ToJson(const Distribution& distribution);
nlohmann::ordered_json ToJson(const PrunerConfig& pruner);
nlohmann::ordered_json ToJson(const WarmStart& warm_start);
Choice ChoiceOf(const nlohmann::ordered_json& json);
Distribution DistributionOf(const nlohmann::ordered_json& json);
// One that does not fit together is refused.
WarmStart WarmStartOf(const nlohmann::ordered_json& json);
// A pruner that nobody knows, or an option that does not fit it, is refused.
PrunerConfig PrunerOf(const nlohmann::ordered_json& json);

// A whole number; throws where it is none. The library would cast any number, also one that does not fit.
template <typename T>
T WholeOf(const nlohmann::ordered_json& json) {
  if (!json.is_number_integer()) throw std::domain_error("a whole number is expected, not " + json.dump());
  return json.get<T>();
}

// One line; bytes that are no UTF-8 become U+FFFD.
std::string Dump(const nlohmann::ordered_json& json);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_DEFINITION_JSON_H_
