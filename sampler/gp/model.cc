#include "sampler/gp/model.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "sampler/gp/optimizer.h"
#include "sampler/gp/tuning.h"

namespace parzen::gp {
namespace {

constexpr double kLeastLogScale = -4.6, kMostLogScale = 7.0;  // 0.01 to 1,100 widths of the cube
constexpr double kMostLogNoise = 2.3;
constexpr double kLeastLogAmplitude = -4.6, kMostLogAmplitude = 4.6;

// The inverse of a positive definite matrix from its lower factor, both triangles. L^-1 column by column touches what is below
// the diagonal only; L^-T L^-1 by one symmetric product.
Eigen::MatrixXd InverseFromFactor(const Eigen::MatrixXd& factor) {
  const Eigen::Index n = factor.rows();
  constexpr Eigen::Index kBlock = 32;
  Eigen::MatrixXd inverse = Eigen::MatrixXd::Zero(n, n);
  for (Eigen::Index start = 0; start < n; start += kBlock) {
    const Eigen::Index width = std::min(kBlock, n - start), rest = n - start;
    auto block = inverse.block(start, start, rest, width);
    block.topRows(width).setIdentity();
    factor.bottomRightCorner(rest, rest).triangularView<Eigen::Lower>().solveInPlace(block);
  }
  Eigen::MatrixXd product = Eigen::MatrixXd::Zero(n, n);
  for (Eigen::Index start = 0; start < n; start += kBlock) {
    const Eigen::Index width = std::min(kBlock, n - start), rest = n - start;
    product.block(start, 0, width, start + width).noalias() =
        inverse.block(start, start, rest, width).transpose() * inverse.block(start, 0, rest, start + width);
  }
  product.triangularView<Eigen::StrictlyUpper>() = product.transpose();
  return product;
}

double Penalty(double value, const LogPrior& prior) {
  const double z = (value - prior.center) / prior.deviation;
  return -0.5 * z * z;
}

double PenaltySlope(double value, const LogPrior& prior) { return -(value - prior.center) / (prior.deviation * prior.deviation); }

}  // namespace

ModelPrior PriorFor(double dimensions) {
  ModelPrior prior;
  prior.length_scale = {kLengthScaleCenter + 0.5 * std::log(std::max(1.0, dimensions)), kLengthScaleDeviation};
  prior.noise = {kNoiseCenter, kNoiseDeviation};
  prior.amplitude = {0.0, kAmplitudeDeviation};
  prior.mean_variance = kMeanVariance;
  prior.least_noise = kLeastNoise;
  return prior;
}

ModelPrior FailurePriorFor(double dimensions) {
  ModelPrior prior = PriorFor(dimensions);
  prior.noise = {kFailureNoiseCenter, kFailureNoiseDeviation};
  return prior;
}

Hyperparameters PriorCenter(const ModelPrior& prior, Eigen::Index columns) {
  return {Eigen::VectorXd::Constant(columns, prior.length_scale.center), prior.noise.center, prior.amplitude.center};
}

Eigen::VectorXd ToTheta(const Hyperparameters& h) {
  const Eigen::Index d = h.log_scales.size();
  Eigen::VectorXd theta(d + 2);
  theta << h.log_scales, h.log_noise, h.log_amplitude;
  return theta;
}

Hyperparameters FromTheta(const Eigen::VectorXd& theta) {
  const Eigen::Index d = theta.size() - 2;
  return {theta.head(d), theta[d], theta[d + 1]};
}

double LogPosterior::AddPriors(const Eigen::VectorXd& theta, Eigen::VectorXd* gradient) const {
  const Eigen::Index d = theta.size() - 2;
  double sum = 0;
  for (Eigen::Index i = 0; i < theta.size(); ++i) {
    const LogPrior& prior = i < d ? prior_.length_scale : i == d ? prior_.noise : prior_.amplitude;
    sum += Penalty(theta[i], prior);
    if (gradient != nullptr) (*gradient)[i] += PenaltySlope(theta[i], prior);
  }
  return sum;
}

double LogPosterior::operator()(const Eigen::VectorXd& theta, Eigen::VectorXd* gradient) const {
  const Eigen::Index n = points_.rows(), d = theta.size() - 2;
  const Eigen::VectorXd scales = theta.head(d).array().exp();
  const double noise = std::exp(theta[d]), amplitude = std::exp(theta[d + 1]);

  Eigen::MatrixXd slope;
  const Eigen::MatrixXd correlations = kernel_.Correlations(points_, points_, scales, gradient != nullptr ? &slope : nullptr);
  Eigen::MatrixXd factor = amplitude * correlations;
  factor.diagonal().array() += noise;
  const double log_determinant = FactorInPlace(factor);
  const auto lower = factor.triangularView<Eigen::Lower>();

  // Constant m: its prior N(0, v) and the likelihood give m = 1'K^-1 y / (1'K^-1 1 + 1/v); at this optimum the gradient with
  // respect to the other parameters has no term from m.
  Eigen::MatrixXd solved(n, 2);
  solved.col(0) = outputs_;
  solved.col(1).setOnes();
  lower.solveInPlace(solved);
  const double precision = solved.col(1).squaredNorm() + 1.0 / prior_.mean_variance;
  const double mean = solved.col(1).dot(solved.col(0)) / precision;
  Eigen::VectorXd residual = solved.col(0) - mean * solved.col(1);
  double value = -0.5 * residual.squaredNorm() - 0.5 * log_determinant - 0.5 * mean * mean / prior_.mean_variance;
  if (gradient == nullptr) return value + AddPriors(theta, nullptr);

  factor.transpose().triangularView<Eigen::Upper>().solveInPlace(residual);
  const Eigen::VectorXd& alpha = residual;
  // d value / dK = (alpha alpha' - K^-1) / 2
  Eigen::MatrixXd sensitivity = -0.5 * InverseFromFactor(factor);
  sensitivity.noalias() += (0.5 * alpha) * alpha.transpose();
  gradient->resize(theta.size());
  (*gradient)[d] = noise * sensitivity.trace();
  (*gradient)[d + 1] = amplitude * sensitivity.cwiseProduct(correlations).sum();
  const Eigen::MatrixXd pair_weights = amplitude * sensitivity.cwiseProduct(slope);
  gradient->head(d) = kernel_.SumOverPairs(points_, pair_weights, scales);
  return value + AddPriors(theta, gradient);
}

FitResult Fit(const Kernel& kernel, const ModelPrior& prior, const Eigen::MatrixXd& points, const Eigen::VectorXd& outputs,
              const Hyperparameters& start, bool from_center, int max_evaluations) {
  const Eigen::Index d = kernel.columns();
  const LogPosterior log_posterior(kernel, prior, points, outputs);
  const auto objective = [&](const Eigen::VectorXd& theta, Eigen::VectorXd* gradient) {
    const double value = log_posterior(theta, gradient);
    *gradient = -*gradient;
    return -value;
  };
  Eigen::VectorXd lower(d + 2), upper(d + 2);
  lower << Eigen::VectorXd::Constant(d, kLeastLogScale), std::log(prior.least_noise), kLeastLogAmplitude;
  upper << Eigen::VectorXd::Constant(d, kMostLogScale), kMostLogNoise, kMostLogAmplitude;
  BoxMinimizerOptions options;
  options.max_evaluations = max_evaluations;
  options.gradient_tolerance = 1e-3;
  options.value_tolerance = 1e-6;
  options.first_step = 0.5;

  const Eigen::VectorXd center = ToTheta(PriorCenter(prior, d)).cwiseMax(lower).cwiseMin(upper);
  const Eigen::VectorXd warm = ToTheta(start).cwiseMax(lower).cwiseMin(upper);
  BoxMinimum best = MinimizeInBox(objective, warm, lower, upper, options);
  if (from_center && warm != center) {
    BoxMinimum other = MinimizeInBox(objective, center, lower, upper, options);
    if (other.value < best.value) best = std::move(other);
  }
  return {FromTheta(best.x), -best.value};
}

void Posterior::SetPoints(const Hyperparameters& h, const Eigen::MatrixXd& points, Eigen::Index base) {
  const bool same_model = hyperparameters_.log_scales.size() == h.log_scales.size() && base == base_ && size() >= base &&
                          hyperparameters_.log_scales == h.log_scales && hyperparameters_.log_noise == h.log_noise &&
                          hyperparameters_.log_amplitude == h.log_amplitude;
  Eigen::Index kept = 0;
  if (same_model) {
    const Eigen::Index common = std::min(size(), points.rows());
    while (kept < common && points_.row(kept) == points.row(kept)) ++kept;
  }
  hyperparameters_ = h;
  base_ = base;
  scales_ = h.log_scales.array().exp();
  inverse_squared_ = scales_.array().square().inverse();
  amplitude_ = std::exp(h.log_amplitude);
  noise_ = std::exp(h.log_noise);
  points_ = points;
  if (kept < base) {
    const Eigen::MatrixXd first = points.topRows(base);
    Eigen::MatrixXd covariance = amplitude_ * kernel_.Correlations(first, first, scales_);
    covariance.diagonal().array() += noise_;
    factor_.SetBase(covariance);
    kept = base;
  }
  factor_.Truncate(kept);
  Eigen::VectorXd k;
  for (Eigen::Index i = kept; i < points.rows(); ++i) {
    const Eigen::VectorXd x = points.row(i);
    const Eigen::MatrixXd before = points.topRows(i);
    kernel_.Correlate(before, inverse_squared_, x.data(), &k, nullptr);
    factor_.Append(amplitude_ * k, amplitude_ + noise_);
  }
}

void Posterior::SetOutputs(const Eigen::MatrixXd& outputs) {
  outputs_ = outputs;
  Eigen::MatrixXd solved(outputs.rows(), outputs.cols() + 1);
  solved.leftCols(outputs.cols()) = outputs;
  solved.rightCols(1).setOnes();
  factor_.SolveLower(solved);
  const auto ones = solved.col(outputs.cols());
  const double precision = ones.squaredNorm() + 1.0 / prior_.mean_variance;
  means_ = solved.leftCols(outputs.cols()).transpose() * ones / precision;
  weights_ = solved.leftCols(outputs.cols()) - ones * means_.transpose();
  factor_.SolveUpper(weights_);
}

void Posterior::Predict(const Eigen::MatrixXd& at, Eigen::MatrixXd* mean, Eigen::VectorXd* variance) const {
  Eigen::MatrixXd k = amplitude_ * kernel_.Correlations(points_, at, scales_);
  mean->noalias() = k.transpose() * weights_;
  mean->rowwise() += means_.transpose();
  factor_.SolveLower(k);
  *variance = (amplitude_ - k.colwise().squaredNorm().transpose().array()).max(kPivotFloor * amplitude_);
}

void Posterior::PredictOne(const Eigen::VectorXd& at, Eigen::VectorXd* mean, double* variance, Eigen::MatrixXd* mean_gradient,
                           Eigen::VectorXd* variance_gradient) const {
  Eigen::VectorXd k, slope;
  kernel_.Correlate(points_, inverse_squared_, at.data(), &k, &slope);
  k *= amplitude_;
  slope *= 2 * amplitude_;
  *mean = means_ + weights_.transpose() * k;
  factor_.SolveLower(k);
  const double raw = amplitude_ - k.squaredNorm();
  *variance = std::max(raw, kPivotFloor * amplitude_);
  factor_.SolveUpper(k);  // K^-1 k

  // The variance's gradient is -2 dk' K^-1 k.
  const Eigen::Index s = weights_.cols();
  Eigen::MatrixXd coefficients(size(), s + 1);
  coefficients.leftCols(s) = weights_.array().colwise() * slope.array();
  coefficients.col(s) = -2.0 * k.array() * slope.array();
  const Eigen::MatrixXd gradient = GradientsOfSums(at, coefficients);
  *mean_gradient = gradient.leftCols(s);
  *variance_gradient = gradient.col(s);
  if (raw <= kPivotFloor * amplitude_) variance_gradient->setZero();
}

void Posterior::MeanOne(const Eigen::VectorXd& at, Eigen::VectorXd* mean, Eigen::MatrixXd* mean_gradient) const {
  Eigen::VectorXd k, slope;
  kernel_.Correlate(points_, inverse_squared_, at.data(), &k, &slope);
  *mean = means_ + weights_.transpose() * (amplitude_ * k);
  slope *= 2 * amplitude_;
  *mean_gradient = GradientsOfSums(at, weights_.array().colwise() * slope.array());
}

// dk_a / dx_c = 2 k'(r^2) (x_c - X_ac) / l_c^2.
Eigen::MatrixXd Posterior::GradientsOfSums(const Eigen::VectorXd& at, const Eigen::MatrixXd& coefficients) const {
  const Eigen::RowVectorXd sums = coefficients.colwise().sum();
  Eigen::MatrixXd gradient = at * sums;
  gradient.noalias() -= points_.transpose() * coefficients;
  for (Eigen::Index c = 0; c < kernel_.columns(); ++c) gradient.row(c) *= kernel_.categorical()[c] ? 0.0 : inverse_squared_[c];
  return gradient;
}

Eigen::MatrixXd Posterior::Means(const Eigen::MatrixXd& at) const {
  Eigen::MatrixXd mean = amplitude_ * (kernel_.Correlations(points_, at, scales_).transpose() * weights_);
  mean.rowwise() += means_.transpose();
  return mean;
}

Eigen::MatrixXd Posterior::MeansAtPoints() const { return outputs_ - noise_ * weights_; }

}  // namespace parzen::gp
