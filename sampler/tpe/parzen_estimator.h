// The Parzen estimator: a mixture of products of kernels, one product an observation and one for the prior.
//
// A numerical parameter's kernel is a normal law cut to the parameter's range, centred at the observation, as wide as the larger
// of the distances to the neighbouring observations; on a grid, its mass over one cell. A categorical one's puts extra weight on
// the observed choice. Bergstra et al., "Algorithms for hyper-parameter optimization", NIPS 2011; Falkner et al., "BOHB", ICML
// 2018; Watanabe, "Tree-structured Parzen estimator: understanding its algorithm components", arXiv:2304.11127. This file gives
// what Optuna 5.0 computes, sums and logarithms in its order, so that candidates that score alike to the last bits are told apart
// as there wherever the elementary functions round alike.

#ifndef PARZEN_SAMPLER_TPE_PARZEN_ESTIMATOR_H_
#define PARZEN_SAMPLER_TPE_PARZEN_ESTIMATOR_H_

#include <cstdint>
#include <span>
#include <vector>

#include "sampler/tpe/dimension.h"
#include "sampler/tpe/settings.h"

namespace parzen::tpe {

// Values by parameter: [parameter][observation or candidate], internal form.
using ValueTable = std::vector<std::vector<double>>;

// Weights of n observations, oldest first: all 1 below 25, else the last 25 are 1 and those before rise linearly from 1 / n.
std::vector<double> RampWeights(size_t n);

// Sorts by value, ties as asked for.
std::vector<int32_t> ArgsortObservations(std::span<const double> values, Ties ties);

// The kernels of a categorical parameter: one an observation, then the prior's.
struct ChoiceKernels {
  // The observed choice, -1 for the prior, and the weights that the kernel gives it and each other choice. An observed choice's
  // row of weights is prior_weight / n_kernels everywhere, plus 1 at the choice, over its sum.
  std::vector<int64_t> choice;
  std::vector<double> hit, miss;

  double Weight(size_t kernel, int64_t of) const { return choice[kernel] == of ? hit[kernel] : miss[kernel]; }
  // The first choice whose cumulated weight reaches a quantile.
  double Quantile(size_t kernel, int64_t choices, double quantile) const;
};
ChoiceKernels MakeChoiceKernels(int64_t choices, std::span<const double> observations, bool prior, double prior_weight);

class ParzenEstimator {
 public:
  // `observations`: as many for each dimension as there are weights. The prior's weight is added.
  ParzenEstimator(const std::vector<Dimension>& dimensions, const ValueTable& observations, std::vector<double> weights,
                  const TpeSettings& settings);

  // Draws: the kernel of each of n candidates; then each categorical parameter's n quantiles; then each numerical one's.
  ValueTable Sample(int32_t n, UniformSource uniform) const;

  // log density of each candidate.
  std::vector<double> LogDensity(const ValueTable& candidates) const;

 private:
  struct Kernels {
    // Numerical: [kernel], coordinates of the density; log of the mass within the range, and of sigma.
    std::vector<double> mu, sigma, log_mass, log_sigma;
    ChoiceKernels choices;  // categorical
  };

  Kernels MakeNumerical(const Dimension& dimension, std::span<const double> observations) const;
  // Add each kernel's log density at `value` to `sums`, for a categorical parameter and one on a grid.
  static void AddChoice(const ChoiceKernels& kernels, int64_t choice, std::span<double> sums);
  static void AddCell(const Dimension& dimension, const Kernels& kernels, double value, std::span<double> sums);
  // The log density of a kernel without a grid.
  static double Continuous(const Dimension& dimension, const Kernels& kernels, size_t kernel, double x);

  const std::vector<Dimension>& dimensions_;
  const TpeSettings& settings_;
  std::vector<double> weights_, log_weights_;  // the prior's last; they sum to 1
  std::vector<Kernels> kernels_;
};

// The bandwidths of kernels at `mus`, unclipped: the larger distance to a neighbour, the range's ends being the outermost ones'
// outer neighbours (with fewer than two observations or consider_endpoints; else they count their inner neighbour only).
std::vector<double> NeighbourDistances(std::span<const double> mus, double low, double high, bool consider_endpoints, Ties ties);

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_PARZEN_ESTIMATOR_H_
