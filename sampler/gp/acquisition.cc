#include "sampler/gp/acquisition.h"

#include <cmath>

namespace parzen::gp {
namespace {

constexpr double kLogSqrt2Pi = 0.91893853320467274178;
constexpr double kInverseSqrt2 = 0.70710678118654752440;
constexpr double kTail = -3.0;  // below, the continued fraction is used

// For x > 0, Mills' ratio is R(x) = (1 - Phi(x)) / phi(x) = 1 / (x + C(x)) with the continued fraction
// C(x) = 1 / (x + 2 / (x + 3 / (x + ...))) (Abramowitz and Stegun 26.2.14). Returns C, evaluated from the end.
double MillsFraction(double x) {
  double c = 0;
  for (int i = 80; i >= 1; --i) c = i / (x + c);
  return c;
}

}  // namespace

Eigen::VectorXd AcquisitionProduct::Values(const Eigen::MatrixXd& at) const {
  Eigen::VectorXd values = Eigen::VectorXd::Zero(at.rows());
  for (const auto& factor : factors_) values += factor->Values(at);
  return values;
}

double AcquisitionProduct::ValueAndGradient(const Eigen::VectorXd& at, Eigen::VectorXd* gradient) const {
  gradient->setZero(at.size());
  Eigen::VectorXd part;
  double value = 0;
  for (const auto& factor : factors_) {
    value += factor->ValueAndGradient(at, &part);
    *gradient += part;
  }
  return value;
}

double LogMeanExp(const Eigen::VectorXd& values, Eigen::VectorXd* weights) {
  const double most = values.maxCoeff();
  *weights = (values.array() - most).exp();
  const double sum = weights->sum();
  *weights /= sum;
  return most + std::log(sum / static_cast<double>(values.size()));
}

double LogH(double z, double* slope) {
  if (z >= kTail) {
    const double phi = std::exp(-0.5 * z * z - kLogSqrt2Pi), cdf = 0.5 * std::erfc(-z * kInverseSqrt2);
    const double h = phi + z * cdf;
    if (slope != nullptr) *slope = cdf / h;
    return std::log(h);
  }
  // h = phi (1 - x R) with x = -z; 1 - x / (x + C) = C / (x + C) needs no subtraction.
  const double x = -z, c = MillsFraction(x);
  if (slope != nullptr) *slope = 1.0 / c;  // phi R / (phi C R)
  return -0.5 * z * z - kLogSqrt2Pi + std::log(c / (x + c));
}

LogEi LogExpectedImprovement(double mean, double variance, double incumbent) {
  const double deviation = std::sqrt(variance), z = (incumbent - mean) / deviation;
  LogEi ei;
  double slope;
  ei.value = std::log(deviation) + LogH(z, &slope);
  ei.by_mean = -slope / deviation;
  ei.by_variance = (1.0 - slope * z) / (2.0 * variance);
  return ei;
}

double LogNormalCdf(double z, double* slope) {
  if (z >= kTail) {
    const double cdf = 0.5 * std::erfc(-z * kInverseSqrt2);
    if (slope != nullptr) *slope = std::exp(-0.5 * z * z - kLogSqrt2Pi) / cdf;
    return std::log(cdf);
  }
  const double x = -z, c = MillsFraction(x);
  if (slope != nullptr) *slope = x + c;
  return -0.5 * z * z - kLogSqrt2Pi - std::log(x + c);
}

}  // namespace parzen::gp
