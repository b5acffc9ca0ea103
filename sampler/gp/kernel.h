// Covariance of a Gaussian process over mixed points: a stationary kernel of one scaled distance.
//
// A point is a row of numbers, one a column of its encoding. The squared distance of two points is the sum over the columns of
// ((a - b) / l)^2 where the column is numeric and of [a != b] / l^2 where it is categorical (Hamming), with one length-scale l a
// column (automatic relevance determination). The kernel is Matern 5/2,
//   k(r) = (1 + sqrt5 r + 5/3 r^2) exp(-sqrt5 r)   (Rasmussen and Williams 2006, eq. 4.17),
// or the squared exponential exp(-r^2 / 2). Amplitude and noise belong to the model.

#ifndef PARZEN_SAMPLER_GP_KERNEL_H_
#define PARZEN_SAMPLER_GP_KERNEL_H_

#include <Eigen/Core>
#include <vector>

namespace parzen::gp {

enum class KernelShape { kMatern52, kSquaredExponential };

// exp(x) for every element, x <= 0. Our own, because the vector and scalar forms of a library differ in the last bit, and
// suggestions must not depend on where in an array a value stands nor on the machine. Relative error below 1e-15.
void ExpNonPositive(double* x, Eigen::Index n);

class Kernel {
 public:
  Kernel(KernelShape shape, std::vector<bool> categorical) : shape_(shape), categorical_(std::move(categorical)) {}

  Eigen::Index columns() const { return static_cast<Eigen::Index>(categorical_.size()); }
  const std::vector<bool>& categorical() const { return categorical_; }
  KernelShape shape() const { return shape_; }

  // Correlations of all pairs of rows of `a` (n x D) and `b` (m x D) for length-scales `scales` (D). Where `slope` is given, it
  // receives dk / d(r^2).
  Eigen::MatrixXd Correlations(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b, const Eigen::VectorXd& scales,
                               Eigen::MatrixXd* slope = nullptr) const;

  // For one point (D): its correlations with the rows of `points` and, where asked for, the slopes dk / d(r^2). `inverse_squared`
  // holds 1 / l^2.
  void Correlate(const Eigen::MatrixXd& points, const Eigen::VectorXd& inverse_squared, const double* x, Eigen::VectorXd* k,
                 Eigen::VectorXd* slope) const;

  // sum over pairs (a, b) of rows of `points` of weights(a, b) * d(r^2_ab) / d(log l_j), for every column j: the part of a
  // likelihood's gradient that depends on the column. `weights` is symmetric.
  Eigen::VectorXd SumOverPairs(const Eigen::MatrixXd& points, const Eigen::MatrixXd& weights,
                               const Eigen::VectorXd& scales) const;

  // Replaces n squared distances by their correlations; `slope`, where not null, receives dk / d(r^2).
  void OfSquaredDistances(double* r2, double* slope, Eigen::Index n) const;

 private:
  KernelShape shape_;
  std::vector<bool> categorical_;
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_KERNEL_H_
