// Why a trial was pruned, in words: what people read beside the trial. Each begins with the step and names the two things
// compared.

#ifndef PARZEN_SAMPLER_PRUNER_REASON_H_
#define PARZEN_SAMPLER_PRUNER_REASON_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace parzen::pruner {

// "0.31", or "[0.31, 12]" for several objectives: six digits, enough to compare.
std::string Number(double value);
std::string Numbers(std::span<const double> values);

// "pruned at step 9: " and what follows.
std::string PrunedAt(int64_t step, std::string_view why);

// "pruned at step 9: every value it reported is NaN".
std::string AllNan(int64_t step);

// "pruned at step 9: 0.31 is worse than the median 0.24 of 12 trials"; "the 25th percentile" elsewhere.
std::string WorseThanPercentile(int64_t step, double value, double percentile, double bound, int64_t trials);

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_REASON_H_
