// The Cholesky factor of a covariance matrix that grows by rows.
//
// A base of rows is factored at once (blocked), later rows are bordered on one by one in O(n^2). The factor is a function of the
// matrix and the base alone: taking rows away and putting them back, or starting afresh, gives the same bits, because the storage
// is laid out alike (columns on whole cache lines) and every row is computed by the same operations.

#ifndef PARZEN_SAMPLER_GP_CHOLESKY_H_
#define PARZEN_SAMPLER_GP_CHOLESKY_H_

#include <Eigen/Core>

namespace parzen::gp {

class GrowingCholesky {
 public:
  Eigen::Index size() const { return size_; }
  // The lower triangular factor; what is above the diagonal is not to be read.
  auto L() const { return storage_.topLeftCorner(size_, size_); }

  // Factors `matrix` (lower triangle is read), n x n positive definite but for rounding: where a pivot is too small, it is
  // replaced by `floor` of the diagonal, as if that much noise had been added to the row.
  void SetBase(const Eigen::MatrixXd& matrix);
  // Adds a row: covariances with the rows before it and its own variance.
  void Append(const Eigen::VectorXd& covariances, double variance);
  // Takes away rows from the end until n remain; n is at least the size of the base.
  void Truncate(Eigen::Index n) { size_ = n; }

  // b := L^-1 b and b := L^-T b, for as many columns as b has.
  void SolveLower(Eigen::Ref<Eigen::MatrixXd> b) const;
  void SolveUpper(Eigen::Ref<Eigen::MatrixXd> b) const;

 private:
  void Reserve(Eigen::Index n);

  Eigen::MatrixXd storage_;
  Eigen::Index size_ = 0;
};

// Smallest pivot, relative to the diagonal element, that is taken as it is.
inline constexpr double kPivotFloor = 1e-10;

// Factors in place, lower triangle; the same pivot rule. Returns the log-determinant of the matrix.
double FactorInPlace(Eigen::Ref<Eigen::MatrixXd> matrix);

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_CHOLESKY_H_
