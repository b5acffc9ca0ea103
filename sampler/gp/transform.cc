#include "sampler/gp/transform.h"

#include <algorithm>
#include <cmath>

namespace parzen::gp {
namespace {

// Of a sorted vector.
double Quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const size_t i = static_cast<size_t>(at);
  if (i + 1 >= sorted.size()) return sorted.back();
  return sorted[i] + (at - static_cast<double>(i)) * (sorted[i + 1] - sorted[i]);
}

}  // namespace

OutputTransform::OutputTransform(const std::vector<double>& losses, double warp, double outlier) {
  std::vector<double> sorted;
  for (double y : losses)
    if (std::isfinite(y)) sorted.push_back(y);
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty()) sorted.push_back(0);
  // So that squares of differences are finite.
  constexpr double kLargest = 1e150;
  for (double& y : sorted) y = std::clamp(y, -kLargest, kLargest);
  // What matters is where the losses differ: many trials on one plateau count once, so that they hide no difference elsewhere.
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  least_ = sorted.front();
  most_ = sorted.back();
  const double median = Quantile(sorted, 0.5);
  double spread = median - least_;
  if (!(spread > 0)) spread = most_ - least_;
  if (warp > 0 && spread > 0) {
    softness_ = warp * spread;
  } else if (outlier > 0 && median > least_) {
    most_ = std::min(most_, median + outlier * spread);
  }
  double sum = 0, squares = 0;
  for (double y : losses) sum += Warp(y);
  const double n = static_cast<double>(losses.size());
  mean_ = sum / n;
  for (double y : losses) squares += (Warp(y) - mean_) * (Warp(y) - mean_);
  deviation_ = std::sqrt(squares / n);
  if (!(deviation_ > 1e-12 * std::max(1e-300, std::abs(mean_)))) deviation_ = 1;
  log_jacobian_ = -n * std::log(deviation_);
  if (softness_ > 0)
    for (double y : losses) log_jacobian_ -= std::log(softness_ + (std::clamp(y, least_, most_) - least_));
}

double OutputTransform::Warp(double loss) const {
  const double y = std::clamp(loss, least_, most_);
  return softness_ > 0 ? std::log1p((y - least_) / softness_) : y;
}

double OutputTransform::operator()(double loss) const { return (Warp(loss) - mean_) / deviation_; }

double OutputTransform::Inverse(double output) const {
  const double warped = mean_ + deviation_ * output;
  return softness_ > 0 ? least_ + softness_ * std::expm1(std::min(warped, 700.0)) : warped;
}

Eigen::VectorXd OutputTransform::Apply(const std::vector<double>& losses) const {
  Eigen::VectorXd out(losses.size());
  for (size_t i = 0; i < losses.size(); ++i) out[i] = (*this)(losses[i]);
  return out;
}

}  // namespace parzen::gp
