#include "sampler/gp/failure_model.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <vector>

#include "sampler/failures.h"
#include "sampler/gp/expected_improvement.h"
#include "sampler/gp/tuning.h"

namespace parzen::gp {

FailureModel::FailureModel(const Kernel& kernel, double dimensions)
    : surrogate_(kernel, FailurePriorFor(dimensions), OutputKind::kConstraint), acquisition_(*this) {}

void FailureModel::Condition(const Observations& observations, Fits* fits) {
  surrogate_.Condition(observations, observations.failure, fits);
  if (believed_fit_ != surrogate_.fit().hash) SetBelief(observations.failure);
  SetLimit(observations);
}

void FailureModel::SetBelief(const Series& labels) {
  believed_fit_ = surrogate_.fit().hash;
  const Posterior& posterior = surrogate_.posterior();
  const Eigen::Index n = surrogate_.base();
  const Eigen::VectorXd residual = surrogate_.outputs().head(n).array() - posterior.means()[0];
  Eigen::MatrixXd inverse = Eigen::MatrixXd::Identity(n, n);  // of the factor, then of the covariance's diagonal
  const auto lower = posterior.factor().L().topLeftCorner(n, n).triangularView<Eigen::Lower>();
  lower.solveInPlace(inverse);
  const Eigen::VectorXd weights = inverse.transpose() * (inverse * residual);
  const Eigen::VectorXd diagonal = inverse.colwise().squaredNorm();
  const double middle = surrogate_.transform().Extrapolate(0);
  double failed = 0, gain = 0;
  const auto label = [&](Eigen::Index i) {
    const Eigen::Index row = surrogate_.rows()[static_cast<size_t>(i)];
    return labels
        .values[static_cast<size_t>(std::lower_bound(labels.index.begin(), labels.index.end(), row) - labels.index.begin())];
  };
  for (Eigen::Index i = 0; i < n; ++i) failed += label(i) > 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    // Rasmussen and Williams 2006, eq. 5.12.
    const double variance = 1 / diagonal[i], mean = surrogate_.outputs()[i] - weights[i] * variance;
    const bool fails = label(i) > 0;
    const double z = (middle - mean) / std::sqrt(variance);
    const double rate = (failed - fails + 0.5) / static_cast<double>(n);  // of the others
    gain += LogNormalCdf(fails ? -z : z) - std::log(fails ? rate : 1 - rate);
  }
  belief_ = 1 / (1 + std::exp(kDoubt - gain));
}

void FailureModel::SetLimit(const Observations& observations) {
  const std::vector<double>& labels = observations.failure.values;
  const size_t latest = std::min(labels.size(), kLatestTrials);
  const auto failed =
      std::count_if(labels.end() - static_cast<std::ptrdiff_t>(latest), labels.end(), [](double v) { return v > 0; });
  const double caution = belief_ * CautionFor(static_cast<double>(failed) / static_cast<double>(latest));
  limit_ = surrogate_.transform().Extrapolate(0);
  least_success_ = kLeastSuccess + caution * (kLeastSuccessInDoubt - kLeastSuccess);
  // Towards what the model says of half of the trials that did not fail.
  std::vector<double> safe;
  for (Eigen::Index i = 0; i < surrogate_.means().size(); ++i) {
    if (surrogate_.outputs()[i] < limit_) safe.push_back(surrogate_.means()[i]);
  }
  if (safe.empty()) return;
  const auto median = safe.begin() + static_cast<std::ptrdiff_t>(safe.size() / 2);
  std::nth_element(safe.begin(), median, safe.end());
  limit_ += caution * std::min(0.0, *median - limit_);
}

double FailureModel::Heed::Value(double log_success, double* slope) const {
  const double success = model_.belief_ * std::exp(log_success), mixed = success + (1 - model_.belief_);
  const double value = std::log(mixed), least = std::log(model_.least_success_);
  *slope = success / mixed;
  if (value >= least) return value;
  *slope *= 1 + kCaution;
  return value + kCaution * (value - least);
}

Eigen::VectorXd FailureModel::Heed::Values(const Eigen::MatrixXd& at) const {
  const ProbabilityOfFeasibility success(model_.surrogate_.posterior(), model_.limit_);
  Eigen::VectorXd values = success.Values(at);
  double slope;
  for (double& value : values) value = Value(value, &slope);
  return values;
}

double FailureModel::Heed::ValueAndGradient(const Eigen::VectorXd& at, Eigen::VectorXd* gradient) const {
  const ProbabilityOfFeasibility success(model_.surrogate_.posterior(), model_.limit_);
  double slope;
  const double value = Value(success.ValueAndGradient(at, gradient), &slope);
  *gradient *= slope;
  return value;
}

}  // namespace parzen::gp
