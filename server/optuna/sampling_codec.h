// Samplers and suggestions between the wire of parzen.v1.OptunaTrials and the engine.

#ifndef PARZEN_SERVER_OPTUNA_SAMPLING_CODEC_H_
#define PARZEN_SERVER_OPTUNA_SAMPLING_CODEC_H_

#include "absl/status/statusor.h"
#include "parzen/v1/optuna.pb.h"
#include "server/engine/client_trials.h"

namespace parzen::optuna {

// BAD_FIELD `sampling` for a sampler or an option that is none, or an option's value of another type.
absl::StatusOr<engine::Sampling> DecodeSampling(const v1::Sampling& message);

// BAD_FIELD for a distribution that cannot be read.
absl::StatusOr<NamedDistribution> DecodeNamed(const v1::NamedDistribution& message);

void EncodeJoint(const JointPart& part, v1::JointPart* message);
void EncodeStreams(const StreamPositions& streams, v1::RngState* message);

}  // namespace parzen::optuna

#endif  // PARZEN_SERVER_OPTUNA_SAMPLING_CODEC_H_
