// What a new study learns from earlier ones: fits a Gaussian process to each, and chooses what to try first (earlier_study.h says
// how). Takes up to a second for 20 studies of many trials.

#ifndef PARZEN_SAMPLER_GP_LEARN_FROM_H_
#define PARZEN_SAMPLER_GP_LEARN_FROM_H_

#include <vector>

#include "sampler/space/space.h"
#include "sampler/warm_start.h"

namespace parzen::gp {

// `space` is that of the new study, not empty; there are at most kMaxEarlierStudies studies.
WarmStart LearnFrom(const SearchSpace& space, const std::vector<EarlierTrials>& studies);

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_LEARN_FROM_H_
