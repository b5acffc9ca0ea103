// A recommendation (recommend.h), for those who carry it.

#ifndef PARZEN_SAMPLER_GP_RECOMMENDATION_H_
#define PARZEN_SAMPLER_GP_RECOMMENDATION_H_

#include <cstdint>
#include <vector>

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

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_RECOMMENDATION_H_
