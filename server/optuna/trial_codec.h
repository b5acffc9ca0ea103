// Trials between the wire of Optuna's clients and the engine.

#ifndef PARZEN_SERVER_OPTUNA_TRIAL_CODEC_H_
#define PARZEN_SERVER_OPTUNA_TRIAL_CODEC_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "optuna/storage.pb.h"
#include "server/engine/client_trials.h"

namespace parzen::optuna {

namespace wire = ::optuna;

// A trial in the FULL view.
void EncodeTrial(const engine::Trial& trial, wire::Trial* message);

// INVALID_ARGUMENT for a state that is none.
absl::StatusOr<engine::TrialState> DecodeState(wire::TrialState state);

// INVALID_ARGUMENT for a distribution that cannot be read.
absl::StatusOr<engine::ChosenParam> DecodeParam(const std::string& name, double value, const std::string& distribution);

// Sets the command's parameters and template. INVALID_ARGUMENT that names the field.
absl::Status DecodeTemplate(const wire::Trial& message, engine::BeginTrialCommand* command);

}  // namespace parzen::optuna

#endif  // PARZEN_SERVER_OPTUNA_TRIAL_CODEC_H_
