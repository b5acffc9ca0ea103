#include "sampler/gp/expected_improvement.h"

#include <cmath>

namespace parzen::gp {
namespace {

constexpr double kAugmentation = 0.05;
constexpr double kSmoothing = 0.01;  // t, in standard deviations of the outputs

}  // namespace

double Scalarize(const Eigen::VectorXd& weights, const Eigen::VectorXd& objectives) {
  const Eigen::VectorXd weighted = weights.cwiseProduct(objectives);
  return weighted.maxCoeff() + kAugmentation * weighted.sum();
}

double ScalarizedImprovement::Value(const Eigen::MatrixXd& means, const Eigen::VectorXd& deviations, Eigen::MatrixXd* by_mean,
                                    Eigen::VectorXd* by_deviation) const {
  const Eigen::Index draws = normals_.cols();
  Eigen::VectorXd terms(draws), slopes(draws), weights;
  std::vector<Eigen::Index> greatest(static_cast<size_t>(draws));
  for (Eigen::Index s = 0; s < draws; ++s) {
    const Eigen::VectorXd weighted =
        weights_.cwiseProduct(means.col(means.cols() == 1 ? 0 : s) + deviations.cwiseProduct(normals_.col(s)));
    const double g = weighted.maxCoeff(&greatest[static_cast<size_t>(s)]) + kAugmentation * weighted.sum();
    // log softplus(z) and its derivative sigmoid(z) / softplus(z), stable on both sides.
    const double z = (incumbents_[s] - g) / kSmoothing;
    if (z < -30) {
      terms[s] = z;
      slopes[s] = 1;
    } else {
      const double softplus = z > 30 ? z : std::log1p(std::exp(z));
      terms[s] = std::log(softplus);
      slopes[s] = 1 / (1 + std::exp(-z)) / softplus;
    }
  }
  const double value = LogMeanExp(terms, &weights) + std::log(kSmoothing);
  if (by_mean == nullptr) return value;
  by_mean->setZero(means.rows(), means.cols());
  by_deviation->setZero(deviations.size());
  for (Eigen::Index s = 0; s < draws; ++s) {
    const double by_g = -weights[s] * slopes[s] / kSmoothing;
    for (Eigen::Index k = 0; k < means.rows(); ++k) {
      const double by_f = by_g * weights_[k] * ((k == greatest[static_cast<size_t>(s)] ? 1.0 : 0.0) + kAugmentation);
      (*by_mean)(k, means.cols() == 1 ? 0 : s) += by_f;
      (*by_deviation)[k] += by_f * normals_(k, s);
    }
  }
  return value;
}

Eigen::VectorXd ScalarizedImprovement::Values(const Eigen::MatrixXd& at) const {
  const Eigen::Index objectives = weights_.size(), outputs = posteriors_[0]->outputs();
  std::vector<Eigen::MatrixXd> means(static_cast<size_t>(objectives));
  Eigen::MatrixXd deviations(objectives, at.rows()), mean(objectives, outputs);
  Eigen::VectorXd variance, values(at.rows());
  for (Eigen::Index k = 0; k < objectives; ++k) {
    posteriors_[static_cast<size_t>(k)]->Predict(at, &means[static_cast<size_t>(k)], &variance);
    deviations.row(k) = variance.cwiseSqrt().transpose();
  }
  for (Eigen::Index i = 0; i < at.rows(); ++i) {
    for (Eigen::Index k = 0; k < objectives; ++k) mean.row(k) = means[static_cast<size_t>(k)].row(i);
    values[i] = Value(mean, deviations.col(i), nullptr, nullptr);
  }
  return values;
}

double ScalarizedImprovement::ValueAndGradient(const Eigen::VectorXd& at, Eigen::VectorXd* gradient) const {
  const Eigen::Index objectives = weights_.size(), outputs = posteriors_[0]->outputs();
  Eigen::MatrixXd means(objectives, outputs), by_mean;
  Eigen::VectorXd deviations(objectives), by_deviation, mean;
  std::vector<Eigen::MatrixXd> mean_gradients(static_cast<size_t>(objectives));
  std::vector<Eigen::VectorXd> variance_gradients(static_cast<size_t>(objectives));
  for (Eigen::Index k = 0; k < objectives; ++k) {
    const size_t i = static_cast<size_t>(k);
    double variance;
    posteriors_[i]->PredictOne(at, &mean, &variance, &mean_gradients[i], &variance_gradients[i]);
    means.row(k) = mean.transpose();
    deviations[k] = std::sqrt(variance);
  }
  const double value = Value(means, deviations, &by_mean, &by_deviation);
  gradient->setZero(at.size());
  for (Eigen::Index k = 0; k < objectives; ++k) {
    const size_t i = static_cast<size_t>(k);
    *gradient += mean_gradients[i] * by_mean.row(k).transpose();
    *gradient += variance_gradients[i] * (by_deviation[k] / (2 * deviations[k]));
  }
  return value;
}

Eigen::VectorXd ProbabilityOfFeasibility::Values(const Eigen::MatrixXd& at) const {
  Eigen::MatrixXd mean;
  Eigen::VectorXd variance, values(at.rows());
  posterior_.Predict(at, &mean, &variance);
  for (Eigen::Index i = 0; i < at.rows(); ++i) values[i] = LogNormalCdf((limit_ - mean(i, 0)) / std::sqrt(variance[i]));
  return values;
}

double ProbabilityOfFeasibility::ValueAndGradient(const Eigen::VectorXd& at, Eigen::VectorXd* gradient) const {
  Eigen::VectorXd mean, variance_gradient;
  Eigen::MatrixXd mean_gradient;
  double variance, slope;
  posterior_.PredictOne(at, &mean, &variance, &mean_gradient, &variance_gradient);
  const double deviation = std::sqrt(variance), z = (limit_ - mean[0]) / deviation;
  const double value = LogNormalCdf(z, &slope);
  *gradient = -slope * (mean_gradient.col(0) / deviation + variance_gradient * (0.5 * z / variance));
  return value;
}

}  // namespace parzen::gp
