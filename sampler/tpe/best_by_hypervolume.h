// The best of several loss vectors, as Optuna 5.0's TPE splits trials of several objectives: whole ranks of non-domination, and
// of the rank that does not fit those that a greedy choice by hypervolume takes.

#ifndef PARZEN_SAMPLER_TPE_BEST_BY_HYPERVOLUME_H_
#define PARZEN_SAMPLER_TPE_BEST_BY_HYPERVOLUME_H_

#include <cstddef>
#include <vector>

#include "sampler/tpe/losses.h"
#include "sampler/tpe/settings.h"

namespace parzen::tpe {

// Indices of the best `count` rows (at most losses.size(), which is not 0), in no order.
std::vector<size_t> BestByHypervolume(const Losses& losses, size_t count, Ties ties);

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_BEST_BY_HYPERVOLUME_H_
