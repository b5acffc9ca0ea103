// What Optuna 2.9.1's TPESampler does other than 5.0's: which trials are observations, how they are split, and the density.

#ifndef PARZEN_SAMPLER_TPE_ESTIMATOR_2_9_1_H_
#define PARZEN_SAMPLER_TPE_ESTIMATOR_2_9_1_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "sampler/history.h"
#include "sampler/tpe/dimension.h"
#include "sampler/tpe/losses.h"
#include "sampler/tpe/parzen_estimator.h"
#include "sampler/tpe/settings.h"

namespace parzen::tpe {

// Observations of a group of parameters. With multivariate only trials that have them all; else all trials, with NaN for what a
// trial lacks: they count in the split. With constant_liar running trials have an infinite loss times the direction's sign (so
// that for a maximized value they are the best, as in 2.9.1); without multivariate the trial that is being suggested is one of
// them.
struct Observations2_9_1 {
  std::vector<int32_t> rows;
  ValueTable values;                               // [parameter][observation]
  std::vector<std::pair<double, double>> ranking;  // (-step, loss), one objective
  Losses losses;                                   // several objectives
  size_t size() const { return rows.size(); }
};
Observations2_9_1 CollectObservations2_9_1(const History& history, const JointGroup& group, const TpeSettings& settings,
                                           int64_t number);

struct Split2_9_1 {
  std::vector<int32_t> below, above;  // indices of observations, ascending (below: in order of choice with several objectives)
};
Split2_9_1 SplitObservations2_9_1(const Observations2_9_1& observations, const TpeSettings& settings);

// Several parameters, some with a choice None, may have different numbers of observations, with which Optuna 2.9.1 fails
// (IndexError, or arrays that do not broadcast). Then only the indices at which every parameter has a value; else all of them.
std::vector<int32_t> WithoutRagged(const ValueTable& values, std::vector<int32_t> indices);

// The rows of the table at `indices` without NaN, parameter by parameter.
ValueTable SelectObserved(const ValueTable& values, const std::vector<int32_t>& indices);

// Weights of the good observations with several objectives: their hypervolume contributions. As many as the first parameter has
// values.
std::vector<double> WeightsBelow2_9_1(const Observations2_9_1& observations, const std::vector<int32_t>& below);

class ParzenEstimator2_9_1 {
 public:
  ParzenEstimator2_9_1(const std::vector<Dimension>& dimensions, const ValueTable& observations, std::vector<double> weights,
                       const TpeSettings& settings);

  // Draws: the kernel of each of n candidates, then parameter by parameter n quantiles, again where one falls on the upper bound.
  ValueTable Sample(int32_t n, UniformSource uniform) const;
  std::vector<double> LogDensity(const ValueTable& candidates) const;

 private:
  struct Kernels {
    std::vector<double> mu, sigma;
    ChoiceKernels choices;  // categorical
  };

  // An int with log is continuous here.
  static bool OnGrid(const Dimension& dimension) { return dimension.step != 0 && !dimension.log; }
  Kernels MakeNumerical(const Dimension& dimension, const std::vector<double>& observations) const;
  void AddLogDensities(const Dimension& dimension, const Kernels& kernels, double value, std::span<double> sums) const;

  const std::vector<Dimension>& dimensions_;
  const TpeSettings& settings_;
  bool prior_;                   // whether there is one
  std::vector<double> weights_;  // the prior's last; they sum to 1
  std::vector<Kernels> kernels_;
};

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_ESTIMATOR_2_9_1_H_
