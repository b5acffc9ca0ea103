#include "sampler/gp/surrogate.h"

#include <algorithm>
#include <cmath>

#include "sampler/gp/tuning.h"

namespace parzen::gp {
namespace {

Eigen::MatrixXd RowsOf(const Eigen::MatrixXd& points, const std::vector<Eigen::Index>& rows) {
  Eigen::MatrixXd chosen(rows.size(), points.cols());
  for (size_t i = 0; i < rows.size(); ++i) chosen.row(static_cast<Eigen::Index>(i)) = points.row(rows[i]);
  return chosen;
}

}  // namespace

bool HasMainEffects(const Encoding& encoding, size_t objectives) {
  if (objectives > 1) return true;
  const auto& dimensions = encoding.dimensions();
  const auto conditional = [&](const Dimension& d) { return encoding.space()[d.parameter].condition.has_value(); };
  return std::any_of(dimensions.begin(), dimensions.end(), [](const Dimension& d) { return d.count > 0; }) &&
         std::none_of(dimensions.begin(), dimensions.end(), conditional);
}

void Surrogate::Condition(const Observations& observations, const Series& series, Fits* fits) {
  const int64_t n = static_cast<int64_t>(series.values.size()), count = LastScheduled(n);
  const bool all = n == observations.size();
  const Eigen::MatrixXd some = all ? Eigen::MatrixXd() : RowsOf(observations.points, series.index);
  const Eigen::MatrixXd& points = all ? observations.points : some;
  fit_ = fits->At(posterior_.kernel(), prior_, points, series.values, count, kind_);

  std::vector<Eigen::Index> used =
      ChooseObservations(series.values, count, n > kConditionedAtMost ? kConditionedAtMost - kMostFitStep : n);
  base_ = static_cast<Eigen::Index>(used.size());
  for (int64_t i = count; i < n; ++i) used.push_back(i);
  std::vector<double> values;
  rows_.clear();
  for (Eigen::Index i : used) {
    values.push_back(series.values[static_cast<size_t>(i)]);
    rows_.push_back(series.index[static_cast<size_t>(i)]);
  }
  transform_.emplace(values, Warps()[static_cast<size_t>(fit_.warp)], OutlierOf(kind_));
  outputs_ = transform_->Apply(values);
  posterior_.SetPoints(fit_.hyperparameters, RowsOf(points, used), base_);
  posterior_.SetOutputs(outputs_);
  means_ = posterior_.MeansAtPoints().col(0);
}

void Surrogate::DrawTruth(const Eigen::MatrixXd& normals) {
  const Eigen::Index n = outputs_.size(), draws = normals.cols();
  Hyperparameters noiseless = fit_.hyperparameters;
  noiseless.log_noise = std::log(prior_.least_noise);
  truth_.SetPoints(noiseless, posterior_.points(), base_);
  // Draws of the prior at the points, its constant included, and of noisy outputs that they might have had.
  truths_ = truth_.factor().L().triangularView<Eigen::Lower>() * normals.topRows(n);
  truths_.rowwise() += std::sqrt(prior_.mean_variance) * normals.row(n);
  posterior_.SetOutputs(outputs_.replicate(1, draws) - truths_ - std::sqrt(posterior_.noise()) * normals.bottomRows(n));
  truths_ += posterior_.MeansAtPoints();
  posterior_.SetOutputs(outputs_);
  truth_.SetOutputs(truths_);
}

void Surrogate::Fantasize(const Eigen::MatrixXd& running, const Eigen::MatrixXd& normals) {
  const Eigen::Index n = outputs_.size(), r = running.rows();
  const Eigen::VectorXd mean = posterior_.Means(running).col(0);
  Eigen::MatrixXd points(n + r, running.cols());
  points << posterior_.points(), running;
  posterior_.SetPoints(fit_.hyperparameters, points, base_);
  // The lower right block of the factor is the Cholesky factor of the running trials' joint posterior covariance, noise included.
  Eigen::MatrixXd outputs(n + r, normals.cols());
  outputs.topRows(n) = outputs_.replicate(1, normals.cols());
  outputs.bottomRows(r) = posterior_.factor().L().bottomRightCorner(r, r).triangularView<Eigen::Lower>() * normals;
  outputs.bottomRows(r).colwise() += mean;
  posterior_.SetOutputs(outputs);
}

}  // namespace parzen::gp
