// The median and percentile rules for several objectives, which Optuna has not.
//
// A trial is compared with the n complete trials that reported at its last step, all ordered as ranking.h says (front of
// non-domination, then crowding). It is pruned where more than (n - 1) percentile / 100 of them are better: with one objective
// that is Optuna's rule but for the interpolation between two neighbours. What is compared is the trial's newest report without
// NaN (the best so far has no meaning among trade-offs); reports with a NaN take part in n_min_trials only, and a trial that
// reported nothing else is pruned.

#ifndef PARZEN_SAMPLER_PRUNER_MEDIAN_BY_RANK_H_
#define PARZEN_SAMPLER_PRUNER_MEDIAN_BY_RANK_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sampler/pruner/pruner.h"
#include "sampler/pruner/pruner_config.h"
#include "sampler/pruner/ranking.h"
#include "sampler/pruner/trial_reports.h"

namespace parzen::pruner {

class PercentileByRankPruner : public Pruner {
 public:
  PercentileByRankPruner(const PercentileOptions& options, std::vector<Direction> directions)
      : options_(options), directions_(std::move(directions)) {}

  void Report(int64_t number, int64_t step, std::span<const double> values) override { running_[number].Put(step, values); }
  void Restart(int64_t number) override { running_.erase(number); }
  void End(int64_t number, const Outcome& outcome, int64_t order) override;
  PruneDecision Decide(int64_t number) override;

 private:
  // The complete trials' values at one step. They are put in order when a decision first needs them: a trial that ends hands over
  // as many as it had steps.
  struct Step {
    std::unique_ptr<Ranking> ranking;
    std::vector<double> unranked;  // row by row
    int64_t nan_values = 0;
  };

  const PercentileOptions options_;
  const std::vector<Direction> directions_;
  int64_t n_complete_ = 0;
  absl::flat_hash_map<int64_t, TrialReports> running_;
  absl::flat_hash_map<int64_t, Step> steps_;
};

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_MEDIAN_BY_RANK_H_
