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

// Whether a row is an observation once it has ended: complete or pruned; in algorithm version 1 without `reproduce` infeasible
// too.
bool IsObservation(RowState state, const TpeSettings& settings);

// How many observations there are.
int64_t CountObservations(const History& history, const TpeSettings& settings);

// Optuna 5.0's split. Good are CountBelow(n) of the n observations: feasible complete trials by value - with several objectives
// by non-domination rank, the last rank's by hypervolume -, then feasible pruned ones by last step, the later the better, and
// value there, then those that violate constraints, by the sum of violations; last (without `reproduce`) INFEASIBLE ones. Ties go
// by number. `number` itself is left out.
Split SplitTrials(const History& history, const TpeSettings& settings, int64_t number);

// The good rows of SplitTrials with one objective, kept from ask to ask: never more than the best 25 are remembered.
class BestTrials {
 public:
  explicit BestTrials(const TpeSettings& settings) : settings_(settings) {}

  // Takes up the rows that ended since the last call.
  void Update(const History& history);
  int64_t observations() const { return observations_; }
  // Ascending. The version counts how often they changed.
  const std::vector<int32_t>& below() const { return below_; }
  int64_t version() const { return version_; }

 private:
  // What orders observations, smaller first: kind (complete, pruned, violating, infeasible), then as within that.
  struct Key {
    int kind = 0;
    double first = 0, second = 0;
    int32_t row = 0;
  };
  TpeSettings settings_;
  size_t read_ = 0;  // of history.finished()
  int64_t observations_ = 0, version_ = 0;
  std::vector<Key> best_;  // ascending
  std::vector<int32_t> below_;
};

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_SPLIT_H_
