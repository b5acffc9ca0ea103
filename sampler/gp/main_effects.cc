#include "sampler/gp/main_effects.h"

namespace parzen::gp {
namespace {

// Adds the kernel of one column to `sum`: of `n` values and `x`. `slopes`, where given, receives dk / d(r^2).
void AddColumn(const Kernel& kernel, Eigen::Index column, const double* values, double x, double inverse_squared, Eigen::Index n,
               double* sum, Eigen::VectorXd* r2, Eigen::VectorXd* slopes) {
  r2->resize(n);
  if (slopes != nullptr) slopes->resize(n);
  if (kernel.categorical()[static_cast<size_t>(column)]) {
    double other = inverse_squared;  // every choice but its own is as far away
    kernel.OfSquaredDistances(&other, nullptr, 1);
    for (Eigen::Index i = 0; i < n; ++i) sum[i] += values[i] != x ? other : 1.0;
    if (slopes != nullptr) slopes->setZero();
    return;
  }
  double* k = r2->data();
  for (Eigen::Index i = 0; i < n; ++i) k[i] = (values[i] - x) * (values[i] - x) * inverse_squared;
  kernel.OfSquaredDistances(k, slopes != nullptr ? slopes->data() : nullptr, n);
  for (Eigen::Index i = 0; i < n; ++i) sum[i] += k[i];
}

}  // namespace

Eigen::MatrixXd MainEffects::Correlations(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b,
                                          const Eigen::VectorXd& scales) const {
  const Eigen::Index n = a.rows();
  Eigen::MatrixXd k = Eigen::MatrixXd::Zero(n, b.rows());
  Eigen::VectorXd buffer;
  for (Eigen::Index c = 0; c < kernel_.columns(); ++c) {
    const double inverse_squared = 1.0 / (scales[c] * scales[c]);
    for (Eigen::Index j = 0; j < b.rows(); ++j) {
      AddColumn(kernel_, c, a.col(c).data(), b(j, c), inverse_squared, n, k.col(j).data(), &buffer, nullptr);
    }
  }
  return k * share();
}

void MainEffects::Correlate(const Eigen::MatrixXd& points, const Eigen::VectorXd& inverse_squared, const double* x,
                            Eigen::VectorXd* k, Eigen::MatrixXd* gradients) const {
  const Eigen::Index n = points.rows();
  k->setZero(n);
  if (gradients != nullptr) gradients->resize(n, kernel_.columns());
  Eigen::VectorXd buffer, slopes;
  for (Eigen::Index c = 0; c < kernel_.columns(); ++c) {
    AddColumn(kernel_, c, points.col(c).data(), x[c], inverse_squared[c], n, k->data(), &buffer,
              gradients != nullptr ? &slopes : nullptr);
    // d(r^2) / dx = 2 (x - X) / l^2
    if (gradients != nullptr)
      gradients->col(c) = (2 * share() * inverse_squared[c]) * (slopes.array() * (x[c] - points.col(c).array()));
  }
  *k *= share();
}

MainEffects::Pairs MainEffects::OfPairs(const Eigen::MatrixXd& points, const Eigen::VectorXd& scales) const {
  const Eigen::Index n = points.rows(), pairs = n * (n - 1) / 2;
  Pairs out{Eigen::MatrixXd(n, n), Eigen::MatrixXd(pairs, kernel_.columns())};
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(pairs), r2(pairs), k, slope(pairs);
  for (Eigen::Index c = 0; c < kernel_.columns(); ++c) {
    const double inverse_squared = 1.0 / (scales[c] * scales[c]);
    const double* x = points.col(c).data();
    double* pair = r2.data();
    for (Eigen::Index b = 0; b < n; ++b) {
      for (Eigen::Index a = b + 1; a < n; ++a) {
        const double distance = x[a] - x[b];
        *pair++ = kernel_.categorical()[static_cast<size_t>(c)] ? (distance != 0 ? inverse_squared : 0.0)
                                                                : distance * distance * inverse_squared;
      }
    }
    k = r2;
    kernel_.OfSquaredDistances(k.data(), slope.data(), pairs);
    sum += k;
    out.slopes.col(c) = (-2 * share()) * slope.cwiseProduct(r2);  // d(r^2) / d(log l) = -2 r^2
  }
  out.correlations.diagonal().setOnes();
  const double* pair = sum.data();
  for (Eigen::Index b = 0; b < n; ++b) {
    for (Eigen::Index a = b + 1; a < n; ++a) out.correlations(a, b) = out.correlations(b, a) = share() * *pair++;
  }
  return out;
}

Eigen::VectorXd MainEffects::SumOverPairs(const Pairs& pairs, const Eigen::MatrixXd& weights) {
  const Eigen::Index n = weights.rows();
  Eigen::VectorXd packed(pairs.slopes.rows());
  double* pair = packed.data();
  for (Eigen::Index b = 0; b < n; ++b) {
    for (Eigen::Index a = b + 1; a < n; ++a) *pair++ = 2 * weights(a, b);
  }
  return pairs.slopes.transpose() * packed;
}

}  // namespace parzen::gp
