#include "sampler/gp/hypervolume_improvement.h"

#include <algorithm>
#include <cmath>

namespace parzen::gp {
namespace {

// log(exp(a) - exp(b)) for two improvements of which a has the higher bound, with derivatives.
LogEi LogDifference(const LogEi& a, const LogEi& b) {
  const double ratio = std::exp(std::min(0.0, b.value - a.value)), rest = -std::expm1(std::min(0.0, b.value - a.value));
  if (rest <= 0) return {.value = -HUGE_VAL, .by_mean = 0, .by_variance = 0};
  return {.value = a.value + std::log(rest),
          .by_mean = (a.by_mean - ratio * b.by_mean) / rest,
          .by_variance = (a.by_variance - ratio * b.by_variance) / rest};
}

int IndexIn(const std::vector<double>& bounds, double bound) {
  if (!std::isfinite(bound)) return -1;
  return static_cast<int>(std::lower_bound(bounds.begin(), bounds.end(), bound) - bounds.begin());
}

}  // namespace

HypervolumeBoxes::HypervolumeBoxes(const Boxes& boxes) : boxes_(boxes.lower.cols()) {
  for (Eigen::Index k = 0; k < boxes.lower.rows(); ++k) {
    Axis axis;
    for (Eigen::Index b = 0; b < boxes_; ++b) {
      if (std::isfinite(boxes.lower(k, b))) axis.bounds.push_back(boxes.lower(k, b));
      axis.bounds.push_back(boxes.upper(k, b));
    }
    std::sort(axis.bounds.begin(), axis.bounds.end());
    axis.bounds.erase(std::unique(axis.bounds.begin(), axis.bounds.end()), axis.bounds.end());
    for (Eigen::Index b = 0; b < boxes_; ++b) {
      axis.lower.push_back(IndexIn(axis.bounds, boxes.lower(k, b)));
      axis.upper.push_back(IndexIn(axis.bounds, boxes.upper(k, b)));
    }
    axes_.push_back(std::move(axis));
  }
}

double HypervolumeBoxes::Value(const Eigen::VectorXd& means, const Eigen::VectorXd& variances, Eigen::VectorXd* by_mean,
                               Eigen::VectorXd* by_variance) const {
  const Eigen::Index objectives = means.size();
  Eigen::VectorXd terms = Eigen::VectorXd::Zero(boxes_), weights;
  Eigen::MatrixXd mean_slopes, variance_slopes;
  if (by_mean != nullptr) {
    mean_slopes.resize(objectives, boxes_);
    variance_slopes.resize(objectives, boxes_);
  }
  std::vector<LogEi> at;
  for (Eigen::Index k = 0; k < objectives; ++k) {
    const Axis& axis = axes_[static_cast<size_t>(k)];
    at.clear();
    for (double bound : axis.bounds) at.push_back(LogExpectedImprovement(means[k], variances[k], bound));
    for (Eigen::Index b = 0; b < boxes_; ++b) {
      const int lower = axis.lower[static_cast<size_t>(b)];
      LogEi part = at[static_cast<size_t>(axis.upper[static_cast<size_t>(b)])];
      if (lower >= 0) part = LogDifference(part, at[static_cast<size_t>(lower)]);
      terms[b] += part.value;
      if (by_mean == nullptr) continue;
      mean_slopes(k, b) = part.by_mean;
      variance_slopes(k, b) = part.by_variance;
    }
  }
  const double value = LogMeanExp(terms, &weights) + std::log(static_cast<double>(boxes_));
  if (by_mean != nullptr) {
    *by_mean = mean_slopes * weights;
    *by_variance = variance_slopes * weights;
  }
  return value;
}

Eigen::VectorXd HypervolumeImprovement::Values(const Eigen::MatrixXd& at) const {
  const Eigen::Index objectives = static_cast<Eigen::Index>(posteriors_.size()), draws = static_cast<Eigen::Index>(draws_.size());
  std::vector<Eigen::MatrixXd> means(posteriors_.size());
  Eigen::MatrixXd variances(objectives, at.rows());
  Eigen::VectorXd variance, values(at.rows()), mean(objectives), terms(draws), weights;
  for (Eigen::Index k = 0; k < objectives; ++k) {
    posteriors_[static_cast<size_t>(k)]->Predict(at, &means[static_cast<size_t>(k)], &variance);
    variances.row(k) = variance.transpose();
  }
  for (Eigen::Index i = 0; i < at.rows(); ++i) {
    for (Eigen::Index s = 0; s < draws; ++s) {
      for (Eigen::Index k = 0; k < objectives; ++k) mean[k] = means[static_cast<size_t>(k)](i, s);
      terms[s] = draws_[static_cast<size_t>(s)].Value(mean, variances.col(i), nullptr, nullptr);
    }
    values[i] = LogMeanExp(terms, &weights);
  }
  return values;
}

double HypervolumeImprovement::ValueAndGradient(const Eigen::VectorXd& at, Eigen::VectorXd* gradient) const {
  const Eigen::Index objectives = static_cast<Eigen::Index>(posteriors_.size()), draws = static_cast<Eigen::Index>(draws_.size());
  Eigen::MatrixXd means(objectives, draws), by_mean(objectives, draws), by_variance(objectives, draws);
  Eigen::VectorXd variances(objectives), mean, terms(draws), weights, mean_slope, variance_slope;
  std::vector<Eigen::MatrixXd> mean_gradients(posteriors_.size());
  std::vector<Eigen::VectorXd> variance_gradients(posteriors_.size());
  for (Eigen::Index k = 0; k < objectives; ++k) {
    const size_t i = static_cast<size_t>(k);
    posteriors_[i]->PredictOne(at, &mean, &variances[k], &mean_gradients[i], &variance_gradients[i]);
    means.row(k) = mean.transpose();
  }
  for (Eigen::Index s = 0; s < draws; ++s) {
    terms[s] = draws_[static_cast<size_t>(s)].Value(means.col(s), variances, &mean_slope, &variance_slope);
    by_mean.col(s) = mean_slope;
    by_variance.col(s) = variance_slope;
  }
  const double value = LogMeanExp(terms, &weights);
  gradient->setZero(at.size());
  for (Eigen::Index k = 0; k < objectives; ++k) {
    const size_t i = static_cast<size_t>(k);
    *gradient += mean_gradients[i] * by_mean.row(k).transpose().cwiseProduct(weights);
    *gradient += variance_gradients[i] * by_variance.row(k).dot(weights);
  }
  return value;
}

}  // namespace parzen::gp
