// Rungs: asynchronous successive halving, the part that ASHA and each bracket of Hyperband share.
//
// Rung k stands at step min_resource * reduction_factor ^ (rate + k). A trial that reaches it enters with what it reported last,
// and goes on to the next one where it is among the best 1 / reduction_factor of all that have entered, whatever became of them;
// the first ones go on where they are the best so far. Li et al., "A system for massively parallel hyperparameter tuning" (ASHA),
// MLSys 2020; the details are those of Optuna 5.0, optuna/pruners/_successive_halving.py: a trial that is told to stop and
// reports nevertheless is judged at the next rung.

#ifndef PARZEN_SAMPLER_PRUNER_RUNGS_H_
#define PARZEN_SAMPLER_PRUNER_RUNGS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sampler/pruner/pruner.h"
#include "sampler/pruner/ranking.h"

namespace parzen::pruner {

// How far a running trial has come.
struct Climber {
  int64_t last_step = -1;
  std::vector<double> last_values;           // at last_step
  std::vector<std::vector<double>> entries;  // what it entered rung 0, 1, ... with

  void Report(int64_t step, std::span<const double> values) {
    if (step < last_step) return;
    last_step = step;
    last_values.assign(values.begin(), values.end());
  }
};

class Rungs {
 public:
  struct Options {
    int64_t min_resource = 1;
    int64_t reduction_factor = 4;
    int64_t rate = 0;
    int64_t bootstrap_count = 0;
  };

  Rungs(const Options& options, std::vector<Direction> directions) : options_(options), directions_(std::move(directions)) {}

  // Takes a trial that has reported as far up as its last step allows.
  PruneDecision Climb(Climber* climber);
  // The trial's entries are taken out of the rungs.
  void Forget(const Climber& climber);
  // An entry that a decision made earlier.
  void Restore(const RungMark& mark) { At(mark.rung).Insert(mark.values); }

 private:
  // The step at which a rung stands; nullopt where no step is that great.
  std::optional<int64_t> PromotionStep(size_t rung) const;
  Ranking& At(size_t rung);
  bool Promoted(const Ranking& competing, std::span<const double> values) const;
  std::string Beaten(const Climber& climber, size_t rung, const Ranking& competing) const;

  Options options_;
  std::vector<Direction> directions_;
  std::vector<std::unique_ptr<Ranking>> rungs_;
};

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_RUNGS_H_
