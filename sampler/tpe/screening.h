// Which of the candidates may have the greatest score, so that only those need be scored as Optuna does it, to the last bit.
//
// The estimator that Optuna computes (parzen_estimator.h) looks at every observation for every candidate. KernelMixture gives the
// same density without that, up to rounding. A candidate that falls behind by more than the two can differ is not the winner, and
// mostly one is left: its bits are those that Optuna suggests, and no density has been computed Optuna's way at all.

#ifndef PARZEN_SAMPLER_TPE_SCREENING_H_
#define PARZEN_SAMPLER_TPE_SCREENING_H_

#include <cstddef>
#include <vector>

#include "sampler/tpe/dimension.h"
#include "sampler/tpe/parzen_estimator.h"
#include "sampler/tpe/settings.h"

namespace parzen::tpe {

// By how much, a dimension, the log densities of ParzenEstimator and of a KernelMixture that IsRegular may differ where CanScreen
// holds. Optuna takes the mass of a grid's cell as a difference of two probabilities, whose rounding, 2^-53 of a logarithm that
// is not below -200 in any kernel that counts, weighs 1e-7 in a cell that is a millionth of the range; all else is far smaller.
inline constexpr double kScreeningError = 1e-6;

// Whether the two agree so far: not where a grid is finer than a million cells, where the prior, which bounds what KernelMixture
// leaves out, has next to no weight, or where equal observations are ordered as NumPy's scalar sort leaves them.
bool CanScreen(const std::vector<Dimension>& dimensions, const TpeSettings& settings);

// Indices, ascending, of the candidates whose score may be the greatest; of candidates that are alike only the first, which wins
// among equals. `log_g` is KernelMixture's. All of them where a density is not finite, for then rules of their own hold.
std::vector<size_t> Rivals(const ValueTable& candidates, const std::vector<double>& log_l, const std::vector<double>& log_g);

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_SCREENING_H_
