// The Wilcoxon signed-rank test, one-sided, as SciPy 1.17's wilcoxon(differences, zero_method="zsplit") computes its p-value.
//
// Half of the zeros' ranks counts as positive. Up to 50 differences, none zero and no two of the same size: exact distribution of
// the sum of positive ranks. Up to 13 otherwise: all sign flips. Else the normal approximation with the correction for ties,
// without the one for continuity. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1(6), 1945.

#ifndef PARZEN_SAMPLER_PRUNER_SIGNED_RANK_H_
#define PARZEN_SAMPLER_PRUNER_SIGNED_RANK_H_

#include <cstdint>
#include <span>
#include <vector>

namespace parzen::pruner {

enum class Alternative { kLess, kGreater };  // the differences tend to be below, above zero

class SignedRankTest {
 public:
  // `differences` (at least one, no NaN) ascend by absolute value.
  double PValue(std::span<const double> differences, Alternative alternative);

 private:
  // Of all 2^n sign patterns over the ranks 1..n, how many have a sum of positive ranks of at most k. Made when first needed.
  const std::vector<uint64_t>& SumsUpTo(size_t n);

  std::vector<std::vector<uint64_t>> sums_;
};

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_SIGNED_RANK_H_
