// Median and percentile rules: a trial whose best value so far is worse than a percentile of the complete trials' values at the
// same step is pruned. Optuna 5.0, optuna/pruners/_percentile.py; the median stopping rule of Golovin et al., "Google Vizier",
// KDD 2017.
//
// Kept: the values of complete trials at steps that can be decided upon, 8 bytes each and at most an eighth more, and those of
// running trials.

#ifndef PARZEN_SAMPLER_PRUNER_MEDIAN_H_
#define PARZEN_SAMPLER_PRUNER_MEDIAN_H_

#include <cstdint>
#include <span>

#include "absl/container/flat_hash_map.h"
#include "sampler/pruner/pruner.h"
#include "sampler/pruner/pruner_config.h"
#include "sampler/pruner/running_quantile.h"
#include "sampler/pruner/trial_reports.h"

namespace parzen::pruner {

// One objective; decisions are Optuna's.
class PercentilePruner : public Pruner {
 public:
  PercentilePruner(const PercentileOptions& options, Direction direction);

  void Report(int64_t number, int64_t step, std::span<const double> values) override;
  void Restart(int64_t number) override { running_.erase(number); }
  void End(int64_t number, const Outcome& outcome, int64_t order) override;
  PruneDecision Decide(int64_t number) override;

 private:
  struct Running {
    TrialReports reports;
    double best = 0;  // of all values but NaN; NaN where there is no other
  };
  struct Step {
    RunningQuantile values;
    int64_t nan_values = 0;
  };

  double Better(double a, double b) const;

  const PercentileOptions options_;
  const Direction direction_;
  const double q_;  // the quantile of the values that is the bound
  int64_t n_complete_ = 0;
  absl::flat_hash_map<int64_t, Running> running_;
  absl::flat_hash_map<int64_t, Step> steps_;
};

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_MEDIAN_H_
