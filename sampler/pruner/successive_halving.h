// ASHA: one ladder of rungs (rungs.h). Optuna 5.0, optuna/pruners/_successive_halving.py.
//
// Kept: the entries of each rung, and of running trials the last report.

#ifndef PARZEN_SAMPLER_PRUNER_SUCCESSIVE_HALVING_H_
#define PARZEN_SAMPLER_PRUNER_SUCCESSIVE_HALVING_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sampler/pruner/pruner.h"
#include "sampler/pruner/pruner_config.h"
#include "sampler/pruner/rungs.h"

namespace parzen::pruner {

// The greatest last step of complete trials, from which "auto" resources are estimated: once, by the first decision that can.
class LongestTrial {
 public:
  void End(const Climber& climber, const Outcome& outcome) {
    if (outcome.state == RowState::kComplete) last_step_ = std::max(last_step_, climber.last_step);
  }
  std::optional<int64_t> last_step() const { return last_step_ < 0 ? std::nullopt : std::optional(last_step_); }

 private:
  int64_t last_step_ = -1;
};

class SuccessiveHalvingPruner : public Pruner {
 public:
  SuccessiveHalvingPruner(const SuccessiveHalvingOptions& options, std::vector<Direction> directions);

  void Report(int64_t number, int64_t step, std::span<const double> values) override { climbers_[number].Report(step, values); }
  void Restart(int64_t number) override;
  void End(int64_t number, const Outcome& outcome, int64_t order) override;
  PruneDecision Decide(int64_t number) override;
  void RestoreResource(int64_t resource) override { Start(resource); }
  void RestoreRung(int64_t number, const RungMark& mark) override;

 private:
  void Start(int64_t min_resource);

  const SuccessiveHalvingOptions options_;
  const std::vector<Direction> directions_;
  std::optional<Rungs> rungs_;  // once the least resource is known
  LongestTrial longest_;
  absl::flat_hash_map<int64_t, Climber> climbers_;  // running trials
};

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_SUCCESSIVE_HALVING_H_
