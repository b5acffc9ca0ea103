// The draws of Optuna's RandomSampler, which TPESampler uses until there are enough observations.

#ifndef PARZEN_SAMPLER_TPE_STARTUP_H_
#define PARZEN_SAMPLER_TPE_STARTUP_H_

#include "sampler/tpe/dimension.h"

namespace parzen::tpe {

// A value of the distribution, from one uniform number, or from one a choice of a categorical: the largest wins.
double OptunaRandomValue(const Distribution& distribution, UniformSource uniform);

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_STARTUP_H_
