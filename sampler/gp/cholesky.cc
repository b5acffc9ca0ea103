#include "sampler/gp/cholesky.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace parzen::gp {
namespace {

constexpr Eigen::Index kBlock = 48;   // columns factored before the rest is updated by one product
constexpr Eigen::Index kGrowth = 64;  // rows of capacity are multiples of this: columns stay aligned

double Pivot(double rest, double diagonal) { return std::sqrt(std::max(rest, kPivotFloor * diagonal)); }

}  // namespace

double FactorInPlace(Eigen::Ref<Eigen::MatrixXd> m) {
  const Eigen::Index n = m.rows();
  const Eigen::VectorXd diagonal = m.diagonal();
  double log_determinant = 0;
  for (Eigen::Index start = 0; start < n; start += kBlock) {
    const Eigen::Index width = std::min(kBlock, n - start), end = start + width;
    for (Eigen::Index j = start; j < end; ++j) {
      const Eigen::Index done = j - start, below = n - j - 1;
      const double rest = m(j, j) - m.row(j).segment(start, done).squaredNorm();
      const double pivot = Pivot(rest, diagonal[j]);
      m(j, j) = pivot;
      log_determinant += 2 * std::log(pivot);
      if (below == 0) continue;
      auto column = m.col(j).tail(below);
      if (done > 0) column.noalias() -= m.block(j + 1, start, below, done) * m.row(j).segment(start, done).transpose();
      column *= 1.0 / pivot;
    }
    const Eigen::Index rest = n - end;
    if (rest > 0)
      m.bottomRightCorner(rest, rest).selfadjointView<Eigen::Lower>().rankUpdate(m.block(end, start, rest, width), -1.0);
  }
  return log_determinant;
}

void GrowingCholesky::Reserve(Eigen::Index n) {
  if (n <= storage_.rows()) return;
  const Eigen::Index wanted = std::max(n + n / 4, n + 1);
  const Eigen::Index capacity = (wanted + kGrowth - 1) / kGrowth * kGrowth;
  Eigen::MatrixXd larger = Eigen::MatrixXd::Zero(capacity, capacity);
  larger.topLeftCorner(size_, size_) = storage_.topLeftCorner(size_, size_);
  storage_ = std::move(larger);
}

void GrowingCholesky::SetBase(const Eigen::MatrixXd& matrix) {
  size_ = 0;
  Reserve(matrix.rows());
  size_ = matrix.rows();
  storage_.topLeftCorner(size_, size_) = matrix;
  FactorInPlace(storage_.topLeftCorner(size_, size_));
}

void GrowingCholesky::Append(const Eigen::VectorXd& covariances, double variance) {
  Reserve(size_ + 1);
  Eigen::VectorXd row = covariances;
  SolveLower(row);
  storage_.row(size_).head(size_) = row.transpose();
  storage_(size_, size_) = Pivot(variance - row.squaredNorm(), variance);
  ++size_;
}

void GrowingCholesky::SolveLower(Eigen::Ref<Eigen::MatrixXd> b) const { L().triangularView<Eigen::Lower>().solveInPlace(b); }

void GrowingCholesky::SolveUpper(Eigen::Ref<Eigen::MatrixXd> b) const {
  L().transpose().triangularView<Eigen::Upper>().solveInPlace(b);
}

}  // namespace parzen::gp
