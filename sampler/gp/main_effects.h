// Main effects: a covariance of functions that are sums of one function a column.
//
//   k(x, x') = 1/D sum_c k_c(x_c, x'_c)
//
// with the kernel of one column each, and its length-scales. A kernel of one distance over all columns knows a point only from
// those that are close in every column that matters; this one learns from two points that agree in a single column what that
// column does, which is much of what there is to know of hyperparameters, and all that 30 trials can tell in ten columns
// (Duvenaud, Nickisch and Rasmussen 2011, "Additive Gaussian processes"; here the orders one and D). The model mixes both.

#ifndef PARZEN_SAMPLER_GP_MAIN_EFFECTS_H_
#define PARZEN_SAMPLER_GP_MAIN_EFFECTS_H_

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "sampler/gp/kernel.h"

namespace parzen::gp {

class MainEffects {
 public:
  // `kernel` outlives this.
  explicit MainEffects(const Kernel& kernel) : kernel_(kernel) {}

  // Of all pairs of rows of `a` (n x D) and `b` (m x D), for length-scales `scales` (D).
  Eigen::MatrixXd Correlations(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b, const Eigen::VectorXd& scales) const;

  // For one point (D): its correlations with the rows of `points`, to the bit those that Correlations gives, and where asked for
  // their derivatives with respect to the point's columns (n x D, zero for categorical ones). `inverse_squared` holds 1 / l^2.
  void Correlate(const Eigen::MatrixXd& points, const Eigen::VectorXd& inverse_squared, const double* x, Eigen::VectorXd* k,
                 Eigen::MatrixXd* gradients) const;

  // Squared distances of all pairs of rows (a, b), a > b, ordered by b, then a, in every column: one a pair, or where the column
  // has few values, one for each two of them, and a pair's place among these.
  struct Distances {
    struct Column {
      Eigen::VectorXd squared;
      std::vector<uint16_t> places;  // none: one a pair
    };
    std::vector<Column> columns;
    Eigen::Index rows = 0;
  };
  Distances DistancesOf(const Eigen::MatrixXd& points) const;

  // All pairs of rows of one matrix.
  struct Pairs {
    Eigen::MatrixXd correlations;  // n x n
    Eigen::MatrixXd slopes;        // n (n - 1) / 2 x D: dk / d(log l_c) of the pairs, in the order of the distances
  };
  Pairs OfPairs(const Distances& distances, const Eigen::VectorXd& scales) const;

  // sum over pairs (a, b) of weights(a, b) * dk_ab / d(log l_c), for every column c. `weights` is symmetric.
  static Eigen::VectorXd SumOverPairs(const Pairs& pairs, const Eigen::MatrixXd& weights);

 private:
  // Of one column in the mean.
  double share() const { return 1.0 / static_cast<double>(kernel_.columns()); }

  const Kernel& kernel_;
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_MAIN_EFFECTS_H_
