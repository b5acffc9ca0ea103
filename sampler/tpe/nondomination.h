// Non-domination ranks: 0 for loss vectors that no other dominates, 1 for those that only rank 0 dominates, and so on.

#ifndef PARZEN_SAMPLER_TPE_NONDOMINATION_H_
#define PARZEN_SAMPLER_TPE_NONDOMINATION_H_

#include <cstdint>
#include <vector>

#include "sampler/tpe/losses.h"

namespace parzen::tpe {

// The distinct rows in lexicographic order: for each the index of its first occurrence, and for each row which of them it is.
struct DistinctRows {
  std::vector<size_t> first;
  std::vector<size_t> which;
};
DistinctRows LexicographicDistinct(const Losses& losses);

// Which of distinct rows in lexicographic order are dominated by none.
std::vector<bool> ParetoFront(const Losses& sorted);

// Ranks as Optuna 5.0 computes them: right for the best `n_below` distinct vectors; the rest share the next rank.
std::vector<int> NonDominationRanks(const Losses& losses, size_t n_below);

// Ranks as Optuna 2.9.1 computes them: losses are normalized to [0, 1] first, and where that gives NaN (an objective whose values
// are all alike, or infinite) a vector neither dominates nor is dominated.
std::vector<int> NonDominationRanks2_9_1(const Losses& losses);

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_NONDOMINATION_H_
