#include "sampler/pruner/signed_rank.h"

#include <cmath>

namespace parzen::pruner {
namespace {

constexpr size_t kMostExact = 50;         // SciPy's method="auto"
constexpr size_t kMostPermutations = 13;  // the same, where there are ties or zeros

struct Ranks {
  std::vector<int64_t> doubled;  // twice the average rank of each difference that is not zero
  int64_t positive = 0;          // twice the sum of the positive ones
  int64_t zeros = 0;             // twice the sum of the zeros' ranks
  double tied = 0;               // sum of t^3 - t over groups of t equal sizes
  bool ties = false;
};

Ranks RankBySize(std::span<const double> differences) {
  Ranks ranks;
  for (size_t begin = 0, end = 0; begin < differences.size(); begin = end) {
    const double size = std::fabs(differences[begin]);
    while (end < differences.size() && std::fabs(differences[end]) == size) ++end;
    const int64_t doubled = static_cast<int64_t>(begin + end + 1);  // 2 * (mean of begin + 1 .. end)
    const double t = static_cast<double>(end - begin);
    ranks.tied += t * t * t - t;
    ranks.ties |= end - begin > 1;
    for (size_t i = begin; i < end; ++i) {
      if (size == 0) {
        ranks.zeros += doubled;
        continue;
      }
      ranks.doubled.push_back(doubled);
      if (differences[i] > 0) ranks.positive += doubled;
    }
  }
  return ranks;
}

// The share of sign patterns whose positive ranks sum up to at least, or at most, those seen. Zeros add the same to each.
double Permutations(const Ranks& ranks, Alternative alternative) {
  int64_t total = 0;
  for (const int64_t rank : ranks.doubled) total += rank;
  std::vector<uint64_t> patterns(total + 1, 0);
  patterns[0] = 1;
  for (const int64_t rank : ranks.doubled) {
    for (int64_t sum = total; sum >= rank; --sum) patterns[sum] += patterns[sum - rank];
  }
  const int64_t from = alternative == Alternative::kGreater ? ranks.positive : 0;
  const int64_t to = alternative == Alternative::kGreater ? total : ranks.positive;
  uint64_t count = 0;
  for (int64_t sum = from; sum <= to; ++sum) count += patterns[sum];
  return std::ldexp(static_cast<double>(count), -static_cast<int>(ranks.doubled.size()));
}

double Approximate(const Ranks& ranks, double n, Alternative alternative) {
  const double positive = static_cast<double>(ranks.positive) / 2 + static_cast<double>(ranks.zeros) / 4;
  const double mean = n * (n + 1) * 0.25;
  const double deviation = std::sqrt((n * (n + 1) * (2 * n + 1) - ranks.tied / 2) / 24);
  const double z = (positive - mean) / deviation;
  return 0.5 * std::erfc((alternative == Alternative::kGreater ? z : -z) * std::sqrt(0.5));
}

}  // namespace

const std::vector<uint64_t>& SignedRankTest::SumsUpTo(size_t n) {
  if (sums_.size() <= n) sums_.resize(n + 1);
  std::vector<uint64_t>& sums = sums_[n];
  if (!sums.empty()) return sums;
  sums.assign(n * (n + 1) / 2 + 1, 0);
  sums[0] = 1;
  for (size_t rank = 1; rank <= n; ++rank) {
    for (size_t sum = sums.size() - 1; sum >= rank; --sum) sums[sum] += sums[sum - rank];
  }
  for (size_t sum = 1; sum < sums.size(); ++sum) sums[sum] += sums[sum - 1];
  return sums;
}

double SignedRankTest::PValue(std::span<const double> differences, Alternative alternative) {
  const size_t n = differences.size();
  const Ranks ranks = RankBySize(differences);
  const bool plain = !ranks.ties && ranks.zeros == 0;
  if (n > kMostExact || (!plain && n > kMostPermutations)) return Approximate(ranks, static_cast<double>(n), alternative);
  if (!plain) return Permutations(ranks, alternative);
  // The distribution is symmetric: as many patterns have a sum of at least k as have one of at most total - k.
  const std::vector<uint64_t>& sums = SumsUpTo(n);
  const size_t positive = static_cast<size_t>(ranks.positive / 2);
  const size_t k = alternative == Alternative::kGreater ? sums.size() - 1 - positive : positive;
  return std::ldexp(static_cast<double>(sums[k]), -static_cast<int>(n));
}

}  // namespace parzen::pruner
