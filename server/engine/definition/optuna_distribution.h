// Distributions as Optuna's clients write them, in JSON:
//
//   {"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}
//   {"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 8}}
//   {"name": "CategoricalDistribution", "attributes": {"choices": ["rbf", 1, null]}}
//
// and the classes of Optuna before 3.0 (UniformDistribution, LogUniformDistribution, DiscreteUniformDistribution with "q",
// IntUniformDistribution, IntLogUniformDistribution). A trial's parameter keeps the text as it was received; this is how the
// engine reads it.
//
// Python's json module writes NaN, Infinity and -Infinity, which JSON has not: they are read as the numbers they are. A choice
// that is no null, bool, number or string (a list, an object, NaN, an int beyond 64 bits) becomes its JSON text, since a Choice
// has no such type; a sampler only counts the choices.

#ifndef PARZEN_SERVER_ENGINE_OPTUNA_DISTRIBUTION_H_
#define PARZEN_SERVER_ENGINE_OPTUNA_DISTRIBUTION_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "sampler/space/space.h"

namespace parzen::engine {

// Whether the text is such a distribution, and not one of definition.h.
bool IsOptunaDistribution(std::string_view json);

// INVALID_ARGUMENT that names what is wrong: an unknown class, a missing or wrong attribute, low above high, a log range from 0
// or less, a step of 0 or less. The end of a range that its step does not reach is moved to the last value on the grid, as Optuna
// does it.
absl::StatusOr<Distribution> ParseOptunaDistribution(std::string_view json);

// As Optuna 5.0's distribution_to_json writes it.
std::string OptunaDistributionText(const Distribution& distribution);

// Whether a parameter that was suggested from `before` may be suggested from `after` in the same study, by Optuna's rule: the
// same class, the same log, and for categoricals the same choices. INVALID_ARGUMENT where it may not.
absl::Status CheckOptunaCompatible(std::string_view name, const Distribution& before, const Distribution& after);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_OPTUNA_DISTRIBUTION_H_
