// Parameters that a client chose by itself: whether they fit the study, and how they are kept.

#ifndef PARZEN_SERVER_ENGINE_STUDY_CHOSEN_PARAMS_H_
#define PARZEN_SERVER_ENGINE_STUDY_CHOSEN_PARAMS_H_

#include <vector>

#include "absl/status/status.h"
#include "server/engine/client_trials.h"
#include "server/engine/study/learner.h"
#include "storage/records.h"

namespace parzen::engine {

// On the strand. Whether a parameter may have this distribution in the study, by Optuna's rule (CheckOptunaCompatible), and this
// value: a number, or the index of one of the choices. INVALID_ARGUMENT BAD_FIELD.
absl::Status CheckChosen(const Learner& learner, const ChosenParam& param);

// As it is kept.
storage::ParamRecord ChosenRecord(const ChosenParam& param);

// Replaces the parameter of that name, or appends it.
void SetChosen(const ChosenParam& param, std::vector<storage::ParamRecord>* params);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_CHOSEN_PARAMS_H_
