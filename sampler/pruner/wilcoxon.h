// Wilcoxon rule: a trial is pruned where a signed-rank test over the steps (problem instances, folds) that it shares with the
// best complete trial says that it is worse, unless its average is at least as good. Optuna 5.0, optuna/pruners/_wilcoxon.py.
//
// Kept: what running trials and the best trial reported, in the order of arrival: averages are summed up in it.

#ifndef PARZEN_SAMPLER_PRUNER_WILCOXON_H_
#define PARZEN_SAMPLER_PRUNER_WILCOXON_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sampler/pruner/pruner.h"
#include "sampler/pruner/pruner_config.h"
#include "sampler/pruner/signed_rank.h"

namespace parzen::pruner {

class WilcoxonPruner : public Pruner {
 public:
  WilcoxonPruner(const WilcoxonOptions& options, Direction direction) : options_(options), direction_(direction) {}

  void Report(int64_t number, int64_t step, std::span<const double> values) override;
  void Restart(int64_t number) override { running_.erase(number); }
  void End(int64_t number, const Outcome& outcome, int64_t order) override;
  PruneDecision Decide(int64_t number) override;

 private:
  struct Series {
    std::vector<double> values;  // as they came
    absl::flat_hash_map<int64_t, uint32_t> at_step;
    double sum = 0;        // added up as they came
    int64_t infinite = 0;  // or NaN

    void Put(int64_t step, double value);
  };
  struct Running {
    Series series;
    // Differences to the best trial's values, by absolute value; those of steps that it lacks are left out.
    std::vector<double> differences;
    int64_t compared_with = -1;  // the trial that they are differences to
    int64_t last_step = -1;
  };
  struct Best {
    int64_t number = -1;
    double value = 0;
    int64_t order = 0;
    Series series;
  };

  bool Beats(double value, double other) const { return direction_ == Direction::kMaximize ? value > other : value < other; }
  // The study's best trial: the best value, told first; where that is infeasible, the best of the feasible ones, by number.
  const Best* best() const;
  void Compare(const Best& best, Running* running) const;

  const WilcoxonOptions options_;
  const Direction direction_;
  SignedRankTest test_;
  absl::flat_hash_map<int64_t, Running> running_;
  std::optional<Best> best_;  // feasible or not
  bool best_is_feasible_ = true;
  std::optional<Best> best_feasible_;
};

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_WILCOXON_H_
