// Pruner configurations between the wire (parzen.proto) and the pruner's types. An option has the same name on both sides.

#ifndef PARZEN_SERVER_OPTIMIZER_PRUNER_CODEC_H_
#define PARZEN_SERVER_OPTIMIZER_PRUNER_CODEC_H_

#include "absl/status/statusor.h"
#include "parzen/v1/parzen.pb.h"
#include "sampler/pruner/pruner_config.h"
#include "server/error/field.h"

namespace parzen::optimizer {

// Refuses what lacks an option that has no default. Whether values are accepted is for ValidatePruner to check.
absl::StatusOr<PrunerConfig> DecodePruner(const v1::PrunerConfig& config, const error::Field& field);
// Leaves `out` alone for kAuto.
void EncodePruner(const PrunerConfig& config, v1::PrunerConfig* out);

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_PRUNER_CODEC_H_
