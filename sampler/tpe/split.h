// The split of the trials into good and bad ones.

#ifndef PARZEN_SAMPLER_TPE_SPLIT_H_
#define PARZEN_SAMPLER_TPE_SPLIT_H_

#include <cstdint>
#include <vector>

#include "sampler/history.h"
#include "sampler/tpe/settings.h"

namespace parzen::tpe {

// Rows, ascending.
struct Split {
  std::vector<int32_t> below;  // good: the density l is built on them
  std::vector<int32_t> above;  // the rest and, with constant_liar, what runs: the density g
};

// Whether a row is an observation once it has ended: complete or pruned; without `reproduce` infeasible too.
bool IsObservation(RowState state, const TpeSettings& settings);

// How many observations there are.
int64_t CountObservations(const History& history, const TpeSettings& settings);

// Optuna 5.0's split. Good are CountBelow(n) of the n observations: feasible complete trials by value - with several objectives
// by non-domination rank, the last rank's by hypervolume -, then feasible pruned ones by last step, the later the better, and
// value there, then those that violate constraints, by the sum of violations; last (without `reproduce`) INFEASIBLE ones. Ties go
// by number. `number` itself is left out.
Split SplitTrials(const History& history, const TpeSettings& settings, int64_t number);

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_SPLIT_H_
