// Threshold rule: a trial whose last value is NaN or outside of [lower, upper] is pruned. Optuna 5.0,
// optuna/pruners/_threshold.py.
//
// Kept: the last report of running trials.

#ifndef PARZEN_SAMPLER_PRUNER_THRESHOLD_H_
#define PARZEN_SAMPLER_PRUNER_THRESHOLD_H_

#include <cstdint>
#include <span>

#include "absl/container/flat_hash_map.h"
#include "sampler/pruner/pruner.h"
#include "sampler/pruner/pruner_config.h"

namespace parzen::pruner {

class ThresholdPruner : public Pruner {
 public:
  explicit ThresholdPruner(const ThresholdOptions& options) : options_(options) {}

  void Report(int64_t number, int64_t step, std::span<const double> values) override;
  void Restart(int64_t number) override { running_.erase(number); }
  void End(int64_t number, const Outcome&, int64_t) override { running_.erase(number); }
  PruneDecision Decide(int64_t number) override;

 private:
  // Of a running trial's reports no more is needed.
  struct Last {
    int64_t step = -1, second_step = -1;
    double value = 0;
  };

  const ThresholdOptions options_;
  absl::flat_hash_map<int64_t, Last> running_;
};

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_THRESHOLD_H_
