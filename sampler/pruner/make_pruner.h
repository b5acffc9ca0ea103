// Makes the pruner that a configuration describes: the one place that knows all of them.

#ifndef PARZEN_SAMPLER_PRUNER_MAKE_PRUNER_H_
#define PARZEN_SAMPLER_PRUNER_MAKE_PRUNER_H_

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sampler/history.h"
#include "sampler/pruner/pruner.h"
#include "sampler/pruner/pruner_config.h"

namespace parzen {

// INVALID_ARGUMENT as ValidatePruner. `study_name` decides which trial goes to which of Hyperband's brackets. Null for kNone:
// nothing is to be told and nothing asked.
absl::StatusOr<std::unique_ptr<Pruner>> MakePruner(const PrunerConfig& config, const std::vector<Direction>& directions,
                                                   std::string_view study_name);

}  // namespace parzen

#endif  // PARZEN_SAMPLER_PRUNER_MAKE_PRUNER_H_
