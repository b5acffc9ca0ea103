#include "sampler/gp/kernel.h"

#include <bit>
#include <cmath>
#include <cstdint>

namespace parzen::gp {
namespace {

constexpr double kSqrt5 = 2.23606797749978969641;

// exp(x) = 2^k exp(r), k = round(x / ln 2), |r| <= ln(2) / 2, exp(r) by its Taylor series to r^13 (remainder below 4e-18).
inline double ExpOne(double x) {
  constexpr double kInverseLn2 = 1.44269504088896340736;
  constexpr double kLn2High = 6.93147180369123816490e-01, kLn2Low = 1.90821492927058770002e-10;  // ln 2 in two parts
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to a whole number, kept in the low bits
  x = x < -700.0 ? -700.0 : x;
  const double shifted = x * kInverseLn2 + kRound;
  const double k = shifted - kRound;
  const double r = (x - k * kLn2High) - k * kLn2Low;
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  const uint64_t power = (std::bit_cast<uint64_t>(shifted) + 1023) << 52;
  return p * std::bit_cast<double>(power);
}

}  // namespace

void ExpNonPositive(double* x, Eigen::Index n) {
  for (Eigen::Index i = 0; i < n; ++i) x[i] = ExpOne(x[i]);
}

void Kernel::OfSquaredDistances(double* r2, double* slope, Eigen::Index n) const {
  if (shape_ == KernelShape::kSquaredExponential) {
    for (Eigen::Index i = 0; i < n; ++i) r2[i] = ExpOne(-0.5 * r2[i]);
    if (slope != nullptr)
      for (Eigen::Index i = 0; i < n; ++i) slope[i] = -0.5 * r2[i];
    return;
  }
  if (slope == nullptr) {
    for (Eigen::Index i = 0; i < n; ++i) {
      const double s = kSqrt5 * std::sqrt(r2[i]);
      r2[i] = (1.0 + s + s * s * (1.0 / 3.0)) * ExpOne(-s);
    }
    return;
  }
  for (Eigen::Index i = 0; i < n; ++i) {
    const double s = kSqrt5 * std::sqrt(r2[i]);
    const double e = ExpOne(-s);
    slope[i] = (-5.0 / 6.0) * (1.0 + s) * e;
    r2[i] = (1.0 + s + s * s * (1.0 / 3.0)) * e;
  }
}

Eigen::MatrixXd Kernel::Correlations(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b, const Eigen::VectorXd& scales,
                                     Eigen::MatrixXd* slope) const {
  Eigen::MatrixXd k = Eigen::MatrixXd::Zero(a.rows(), b.rows());
  const Eigen::Index n = a.rows();
  for (Eigen::Index j = 0; j < b.rows(); ++j) {
    double* out = k.data() + j * n;
    for (Eigen::Index c = 0; c < columns(); ++c) {
      const double* column = a.data() + c * n;
      const double x = b(j, c), w = 1.0 / (scales[c] * scales[c]);
      if (categorical_[c]) {
        for (Eigen::Index i = 0; i < n; ++i) out[i] += column[i] != x ? w : 0.0;
      } else {
        for (Eigen::Index i = 0; i < n; ++i) out[i] += (column[i] - x) * (column[i] - x) * w;
      }
    }
  }
  if (slope != nullptr) slope->resize(k.rows(), k.cols());
  OfSquaredDistances(k.data(), slope != nullptr ? slope->data() : nullptr, k.size());
  return k;
}

void Kernel::Correlate(const Eigen::MatrixXd& points, const Eigen::VectorXd& inverse_squared, const double* x, Eigen::VectorXd* k,
                       Eigen::VectorXd* slope) const {
  const Eigen::Index n = points.rows();
  k->setZero(n);
  double* out = k->data();
  for (Eigen::Index c = 0; c < columns(); ++c) {
    const double* column = points.data() + c * n;
    const double w = inverse_squared[c];
    if (categorical_[c]) {
      for (Eigen::Index i = 0; i < n; ++i) out[i] += column[i] != x[c] ? w : 0.0;
    } else {
      for (Eigen::Index i = 0; i < n; ++i) out[i] += (column[i] - x[c]) * (column[i] - x[c]) * w;
    }
  }
  if (slope != nullptr) slope->resize(n);
  OfSquaredDistances(out, slope != nullptr ? slope->data() : nullptr, n);
}

Eigen::VectorXd Kernel::SumOverPairs(const Eigen::MatrixXd& points, const Eigen::MatrixXd& weights,
                                     const Eigen::VectorXd& scales) const {
  // sum_ab w_ab (x_a - x_b)^2 = 2 (sum_a w_a. x_a^2 - x' w x), one product for all numeric columns.
  const Eigen::Index n = points.rows();
  const Eigen::VectorXd row_sums = weights.rowwise().sum();
  const Eigen::MatrixXd product = weights * points;
  Eigen::VectorXd sums(columns());
  for (Eigen::Index c = 0; c < columns(); ++c) {
    double sum = 0;
    if (categorical_[c]) {
      const double* x = points.data() + c * n;
      for (Eigen::Index j = 0; j < n; ++j) {
        const double* w = weights.data() + j * n;
        for (Eigen::Index i = 0; i < n; ++i) sum += x[i] != x[j] ? w[i] : 0.0;
      }
    } else {
      const auto x = points.col(c).array();
      sum = 2.0 * (row_sums.array() * x.square() - x * product.col(c).array()).sum();
    }
    sums[c] = -2.0 * sum / (scales[c] * scales[c]);
  }
  return sums;
}

}  // namespace parzen::gp
