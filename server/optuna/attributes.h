// System attributes that mean something to the server: what Optuna's clients keep in them is what parzen.v1 has fields for, and
// either side sees the other's.
//
//   trial   constraints           a list: the constraints "0", "1", ...
//           completed_rung_K      with what it entered ASHA's or Hyperband's rung K, which the study's own pruner keeps too
//           constraints:NAME      one constraint
//           fixed_params          an object, of a waiting trial: its enqueued parameters
//   study   study:metric_names    a list of strings
//
// Attributes themselves are kept as received, and given back so.

#ifndef PARZEN_SERVER_OPTUNA_ATTRIBUTES_H_
#define PARZEN_SERVER_OPTUNA_ATTRIBUTES_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/engine/types.h"

namespace parzen::optuna {

// The constraints that a trial's system attribute holds; none for another attribute, or where it holds no numbers.
engine::NamedDoubles ConstraintsOf(const std::string& key, const std::string& json);

// The parameters that a trial's system attribute fixes; none for another attribute. Values that are no choice (lists, objects)
// are left to the client.
std::vector<std::pair<std::string, Choice>> FixedParamsOf(const std::string& key, const std::string& json);

// The metric names that a study's system attribute holds; nullopt for another attribute, or where it holds no list of strings.
std::optional<std::vector<std::string>> MetricNamesOf(const std::string& key, const std::string& json);

// The system attributes as Optuna's clients see them: what is kept, and what only parzen.v1's fields say.
engine::Attributes SystemAttributesOf(const engine::Trial& trial);
engine::Attributes SystemAttributesOf(const engine::Study& study);

}  // namespace parzen::optuna

#endif  // PARZEN_SERVER_OPTUNA_ATTRIBUTES_H_
