// Which trial to trust: the one whose noiseless value a Gaussian process expects to be best.
//
// The lowest loss that was told is, under noise, the luckiest one. The process is made for the question, whatever sampler the
// study has, from the same observations as a suggestion, with the same priors, fits and output transforms; a trial's expected
// value is its posterior mean in the objective's own units (the mean of a log-normal distribution where the outputs are warped by
// a logarithm). Candidates are COMPLETE trials whose constraints are met and whose loss is not that of a run that diverged.

#ifndef PARZEN_SAMPLER_GP_RECOMMEND_H_
#define PARZEN_SAMPLER_GP_RECOMMEND_H_

#include <cstdint>
#include <vector>

#include "sampler/history.h"
#include "sampler/space/space.h"

namespace parzen::gp {

// What a recommendation rests on: a model over the declared space; over the parameters that every complete trial has, with what
// else a trial had taken for noise; or, where no model can be made (fewer than two trials to learn from, no common parameter,
// more parameters than a process is used for), the values as they were told.
enum class RecommendedBy { kSpace, kCommonParameters, kToldValues };

struct RecommendedTrial {
  int64_t number = 0;
  std::vector<double> means;       // expected noiseless values, one an objective, in its units and sign
  std::vector<double> deviations;  // their standard deviations; zeros with kToldValues
};

struct Recommendation {
  RecommendedBy by = RecommendedBy::kToldValues;
  // One objective: the best one, of equal ones the first. Several: the front of expected values, by number. Empty where no trial
  // is a candidate.
  std::vector<RecommendedTrial> trials;
};

// `space`: the declared one; null in a define-by-run study. Costs fits of up to 300 observations and the posterior at up to 1,000
// of them; of more, the better half and a spread of the others are candidates.
Recommendation Recommend(const History& history, const SearchSpace* space);

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_RECOMMEND_H_
