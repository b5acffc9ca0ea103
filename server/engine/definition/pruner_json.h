// A pruner's configuration as JSON, as it stands in a study's definition: {"kind": "median", "n_startup_trials": 5, ...} with all
// options of its kind, {"kind": "patient", "wrapped": {...}, ...}, {"kind": "auto", "algorithm_version": 1}.

#ifndef PARZEN_SERVER_ENGINE_DEFINITION_PRUNER_JSON_H_
#define PARZEN_SERVER_ENGINE_DEFINITION_PRUNER_JSON_H_

#include <nlohmann/json.hpp>

#include "sampler/pruner/pruner_config.h"

namespace parzen::engine {

nlohmann::ordered_json ToJson(const PrunerConfig& config);
// Throws std::exception where it is none.
PrunerConfig PrunerOf(const nlohmann::ordered_json& json);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_DEFINITION_PRUNER_JSON_H_
