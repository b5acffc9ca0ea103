// Which trial to trust: the one whose noiseless value a Gaussian process expects to be best.
//
// The lowest loss that was told is, under noise, the luckiest one. The process is made for the question, whatever sampler the
// study has, from the same observations as a suggestion, with the same priors, fits and output transforms; a trial's expected
// value is its posterior mean in the objective's own units (the mean of a log-normal distribution where the outputs are warped by
// a logarithm). Candidates are COMPLETE trials whose constraints are met and whose loss is not that of a run that diverged.

#ifndef PARZEN_SAMPLER_GP_RECOMMEND_H_
#define PARZEN_SAMPLER_GP_RECOMMEND_H_

#include "sampler/gp/recommendation.h"
#include "sampler/history.h"
#include "sampler/space/space.h"

namespace parzen::gp {

// `space`: the declared one; null in a define-by-run study. Costs fits of up to 300 observations and the posterior at up to 1,000
// of them; of more, the better half and a spread of the others are candidates.
Recommendation Recommend(const History& history, const SearchSpace* space);

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_RECOMMEND_H_
