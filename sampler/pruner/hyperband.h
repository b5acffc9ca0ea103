// Hyperband: several ladders of rungs that begin at different steps, its brackets; each trial belongs to one of them, by a hash.
// Optuna 5.0, optuna/pruners/_hyperband.py; Li et al., "Hyperband", JMLR 18(185), 2018.
//
// Kept: as ASHA.

#ifndef PARZEN_SAMPLER_PRUNER_HYPERBAND_H_
#define PARZEN_SAMPLER_PRUNER_HYPERBAND_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sampler/pruner/pruner.h"
#include "sampler/pruner/pruner_config.h"
#include "sampler/pruner/rungs.h"
#include "sampler/pruner/successive_halving.h"

namespace parzen::pruner {

// How trials are dealt out: CRC-32 of "name_number" modulo the sum of the brackets' budgets.
class Brackets {
 public:
  // None where max_resource < min_resource.
  Brackets(int64_t min_resource, int64_t max_resource, int64_t reduction_factor);

  size_t size() const { return budgets_.size(); }
  // 0 where there are none.
  size_t Of(std::string_view study_name, int64_t number) const;

 private:
  std::vector<int64_t> budgets_;
  int64_t total_ = 0;
};

class HyperbandPruner : public Pruner {
 public:
  HyperbandPruner(const HyperbandOptions& options, std::vector<Direction> directions, std::string_view study_name);

  void Report(int64_t number, int64_t step, std::span<const double> values) override { climbers_[number].Report(step, values); }
  void Restart(int64_t number) override;
  void End(int64_t number, const Outcome& outcome, int64_t order) override;
  PruneDecision Decide(int64_t number) override;
  void RestoreResource(int64_t resource) override { Start(resource); }
  void RestoreRung(int64_t number, const RungMark& mark) override;
  int64_t Bracket(int64_t number) const override;

 private:
  void Start(int64_t max_resource);

  const HyperbandOptions options_;
  const std::vector<Direction> directions_;
  const std::string study_name_;
  std::optional<Brackets> brackets_;  // once the greatest resource is known
  std::vector<Rungs> rungs_;          // one a bracket
  LongestTrial longest_;
  absl::flat_hash_map<int64_t, Climber> climbers_;  // running trials
};

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_HYPERBAND_H_
