// Extrapolation rule, our own: a trial is pruned where the probability that it ends better than the best complete trial is small.
//
// The references are the best 32 complete trials that ended feasible. Of each is known how much it still gained between a step t
// and its end, d = y(t) - y(end), and how much it had gained in the second half of the way to t, s = y(t/2) - y(t); both in units
// of the references' median gain from the first report to the end, and of logarithms where all values involved are positive. d is
// taken for linear in s with normal noise,
//     d = b0 + b1 s + e,    b0 ~ N(0, v), b1 ~ N(1/2, v), e ~ N(0, v),
// and v has a scaled inverse chi-squared prior worth two observations, at (0.15 log(T/t))^2 with T the length of the longest
// reference: curves bend less the further they have come. What a trial at y(t) with gain s has still to gain therefore has a
// Student distribution with n + 2 degrees of freedom after n references (Gelman et al., Bayesian Data Analysis, 14.2), wide while
// n is small, and the probability is that of gaining more than y(t) - best. A trial is pruned where it is below 0.05 at its last
// two reports, since one bad report is often noise, or at its only one. Where the references end as they began, whatever is worse
// than the best is hopeless. docs/pruning.md says what came of it.
//
// Kept: the reports of the references and of running trials. A decision takes some microseconds, whatever the number of trials.

#ifndef PARZEN_SAMPLER_PRUNER_EXTRAPOLATION_H_
#define PARZEN_SAMPLER_PRUNER_EXTRAPOLATION_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sampler/pruner/pruner.h"
#include "sampler/pruner/trial_reports.h"

namespace parzen::pruner {

// One objective.
class ExtrapolationPruner : public Pruner {
 public:
  explicit ExtrapolationPruner(Direction direction) : sign_(direction == Direction::kMaximize ? -1 : 1) {}

  void Report(int64_t number, int64_t step, std::span<const double> values) override;
  void Restart(int64_t number) override { running_.erase(number); }
  void End(int64_t number, const Outcome& outcome, int64_t order) override;
  PruneDecision Decide(int64_t number) override;

 private:
  // A complete trial; values are signed so that less is better.
  struct Reference {
    double value = 0;
    int64_t number = 0;
    bool positive = false;  // the value and all reports
    TrialReports reports;
  };
  // The least squares of d on s, with the prior's share; see above.
  struct Regression;

  // The probability that a trial with these reports, up to `row`, ends better than the best reference; 1 where there is nothing
  // to tell it by.
  double ChanceToWin(const TrialReports& reports, size_t row) const;
  // The unit of gains: the references' median from the first report to the end.
  double MedianGain(bool logarithmic) const;

  const double sign_;
  absl::flat_hash_map<int64_t, TrialReports> running_;
  std::vector<Reference> references_;  // the best first, by number where they are equal
};

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_EXTRAPOLATION_H_
