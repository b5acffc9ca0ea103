// The uniform law on a distribution.

#ifndef PARZEN_SAMPLER_SPACE_UNIFORM_QUANTILE_H_
#define PARZEN_SAMPLER_SPACE_UNIFORM_QUANTILE_H_

#include "sampler/space/space.h"

namespace parzen {

// The value at quantile u in [0, 1) of the uniform law on a distribution. Each grid value and choice has the same share; an int
// with `log` has that of [value - 1/2, value + 1/2] in the logarithm.
double UniformQuantile(const Distribution& distribution, double u);

}  // namespace parzen

#endif  // PARZEN_SAMPLER_SPACE_UNIFORM_QUANTILE_H_
