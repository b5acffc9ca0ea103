// Pruner: learns from what running trials report and says which of them are not worth going on with.
//
// A study's engine tells it of every report and every end of a trial, and asks for a decision where one is wanted (after a
// report). Decisions are those of Optuna 5.0's pruners for the same sequence of reports, ends and decisions.
//
// A decision may leave something behind that later decisions hang on (a rung entered, a resource estimated). It is returned in
// the PruneDecision, to be kept with the report that asked for it; after a restart it is given back with RestoreResource and
// RestoreRung.
//
// Loading: a new pruner is told RestoreResource, then of each trial, in any order, its reports, its RestoreRung calls and its
// End. It then answers exactly as the one before. Nothing else depends on the order in which trials come.
//
// Cost: a report and a decision take microseconds, whatever the number of trials and steps; what is kept is what a decision can
// still need (for each rule said in its file). Not thread safe: one study, one lock.

#ifndef PARZEN_SAMPLER_PRUNER_PRUNER_H_
#define PARZEN_SAMPLER_PRUNER_PRUNER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sampler/history.h"

namespace parzen {

// A rung of successive halving that a trial has reached (0 is the first), and what it had reported then: one value an objective.
struct RungMark {
  int32_t rung = 0;
  std::vector<double> values;
  bool operator==(const RungMark&) const = default;
};

struct PruneDecision {
  bool prune = false;
  std::string reason;               // where prune: "0.31 is worse than the median 0.24 of 12 trials at step 9"
  std::vector<RungMark> rungs;      // entered by this decision, ascending
  std::optional<int64_t> resource;  // estimated by this decision, for the whole study, once
};

class Pruner {
 public:
  virtual ~Pruner() = default;

  // Trial `number` (>= 0, not ended) reported one value an objective at a step (>= 0). NaN and infinities are allowed. A step
  // reported again replaces its value (Optuna's Trial.report ignores a second one; whoever wants that does not pass it on).
  virtual void Report(int64_t number, int64_t step, std::span<const double> values) = 0;

  // The trial begins again: what it reported and the rungs it reached are forgotten.
  virtual void Restart(int64_t number) = 0;

  // The trial ended. `order` orders ends by time; of two best trials that are equally good the earlier one counts.
  virtual void End(int64_t number, const Outcome& outcome, int64_t order) = 0;

  // Whether the trial should stop now, judged by all that has been reported so far.
  virtual PruneDecision Decide(int64_t number) = 0;

  virtual void RestoreResource(int64_t resource) { (void)resource; }
  virtual void RestoreRung(int64_t number, const RungMark& mark) { (void)number, (void)mark; }

  // Hyperband: the bracket a trial belongs to; 0 in all others, and before the brackets are known.
  virtual int64_t Bracket(int64_t number) const { return (void)number, 0; }
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_PRUNER_PRUNER_H_
