#include "sampler/gp/pending.h"

#include <cmath>

namespace parzen::gp {

PendingPenalty::PendingPenalty(const Kernel& kernel, const Hyperparameters& h, Eigen::MatrixXd running)
    : kernel_(kernel),
      running_(std::move(running)),
      scales_(h.log_scales.array().exp()),
      inverse_squared_(scales_.array().square().inverse()),
      signal_(1 / (1 + std::exp(h.log_noise - h.log_amplitude))) {}

Eigen::VectorXd PendingPenalty::Values(const Eigen::MatrixXd& at) const {
  const Eigen::MatrixXd correlations = kernel_.Correlations(running_, at, scales_);
  Eigen::VectorXd values(at.rows());
  for (Eigen::Index i = 0; i < at.rows(); ++i) {
    // One logarithm for many factors; they are at least 1 - signal, and underflow is as good as nothing left.
    double sum = 0, product = 1;
    for (Eigen::Index j = 0; j < running_.rows(); ++j) {
      product *= 1 - signal_ * correlations(j, i) * correlations(j, i);
      if (product < 1e-200) {
        sum += std::log(product);
        product = 1;
      }
    }
    values[i] = sum + std::log(product);
  }
  return values;
}

double PendingPenalty::ValueAndGradient(const Eigen::VectorXd& at, Eigen::VectorXd* gradient) const {
  Eigen::VectorXd k, slope;
  kernel_.Correlate(running_, inverse_squared_, at.data(), &k, &slope);
  const Eigen::ArrayXd left = 1 - signal_ * k.array().square();
  // d log(1 - s k^2) / dx_c = -2 s k / (1 - s k^2) * k'(r^2) * 2 (x_c - X_c) / l_c^2
  const Eigen::VectorXd weights = -4 * signal_ * k.array() * slope.array() / left;
  *gradient = at * weights.sum() - running_.transpose() * weights;
  for (Eigen::Index c = 0; c < kernel_.columns(); ++c) {
    (*gradient)[c] *= kernel_.categorical()[static_cast<size_t>(c)] ? 0.0 : inverse_squared_[c];
  }
  return left.log().sum();
}

}  // namespace parzen::gp
