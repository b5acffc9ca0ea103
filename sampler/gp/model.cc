#include "sampler/gp/model.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sampler/gp/optimizer.h"
#include "sampler/gp/tuning.h"

namespace parzen::gp {
namespace {

constexpr double kLeastLogScale = -4.6, kMostLogScale = 7.0;  // 0.01 to 1,100 widths of the cube
constexpr double kMostLogNoise = 2.3;
constexpr double kLeastLogAmplitude = -4.6, kMostLogAmplitude = 4.6;
constexpr double kMostLogOdds = 8.0;  // of the main effects' share, either way

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

double Hyperparameters::MainEffectsShare() const { return main_effects ? 1 / (1 + std::exp(-*main_effects)) : 0; }

ModelPrior PriorFor(double dimensions, bool main_effects) {
  ModelPrior prior;
  prior.length_scale = {kLengthScaleCenter + 0.5 * std::log(std::max(1.0, dimensions)), kLengthScaleDeviation};
  prior.noise = {kNoiseCenter, kNoiseDeviation};
  prior.amplitude = {0.0, kAmplitudeDeviation};
  if (main_effects) prior.main_effects = {kMainEffectsCenter, kMainEffectsDeviation};
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
  Hyperparameters h{
      Eigen::VectorXd::Constant(columns, prior.length_scale.center), prior.noise.center, prior.amplitude.center, {}};
  if (prior.main_effects) h.main_effects = prior.main_effects->center;
  return h;
}

Eigen::VectorXd ToTheta(const Hyperparameters& h) {
  const Eigen::Index d = h.log_scales.size();
  Eigen::VectorXd theta(d + (h.main_effects ? 3 : 2));
  theta.head(d + 2) << h.log_scales, h.log_noise, h.log_amplitude;
  if (h.main_effects) theta[d + 2] = *h.main_effects;
  return theta;
}

Hyperparameters FromTheta(const Eigen::VectorXd& theta, Eigen::Index columns) {
  Hyperparameters h{theta.head(columns), theta[columns], theta[columns + 1], {}};
  if (theta.size() > columns + 2) h.main_effects = theta[columns + 2];
  return h;
}

double LogPosterior::AddPriors(const Eigen::VectorXd& theta, Eigen::VectorXd* gradient) const {
  const Eigen::Index d = kernel_.columns();
  double sum = 0;
  for (Eigen::Index i = 0; i < theta.size(); ++i) {
    const LogPrior& prior = i < d        ? prior_.length_scale
                            : i == d     ? prior_.noise
                            : i == d + 1 ? prior_.amplitude
                                         : *prior_.main_effects;
    sum += Penalty(theta[i], prior);
    if (gradient != nullptr) (*gradient)[i] += PenaltySlope(theta[i], prior);
  }
  return sum;
}

LogPosterior::Parts LogPosterior::PartsAt(const Eigen::VectorXd& scales, double share, bool with_slopes) const {
  Parts parts;
  parts.plain = kernel_.Correlations(points_, points_, scales, with_slopes ? &parts.slope : nullptr);
  if (!prior_.main_effects) return parts;
  parts.effects = MainEffects(kernel_).OfPairs(distances_, scales);
  parts.mixed = (1 - share) * parts.plain + share * parts.effects.correlations;
  return parts;
}

void LogPosterior::AddKernelGradient(const Hyperparameters& h, const Parts& parts, const Eigen::MatrixXd& sensitivity,
                                     Eigen::VectorXd* gradient) const {
  const Eigen::Index d = kernel_.columns();
  const double amplitude = std::exp(h.log_amplitude), share = h.MainEffectsShare();
  (*gradient)[d + 1] = amplitude * sensitivity.cwiseProduct(parts.all()).sum();
  const Eigen::MatrixXd pair_weights = amplitude * (1 - share) * sensitivity.cwiseProduct(parts.slope);
  gradient->head(d) = kernel_.SumOverPairs(points_, pair_weights, h.log_scales.array().exp());
  if (!h.main_effects) return;
  gradient->head(d) += amplitude * share * MainEffects::SumOverPairs(parts.effects, sensitivity);
  (*gradient)[d + 2] = amplitude * share * (1 - share) * sensitivity.cwiseProduct(parts.effects.correlations - parts.plain).sum();
}

double LogPosterior::operator()(const Eigen::VectorXd& theta, Eigen::VectorXd* gradient) const {
  const Eigen::Index n = points_.rows(), d = kernel_.columns();
  const Hyperparameters h = FromTheta(theta, d);
  const double noise = std::exp(h.log_noise);

  const Parts parts = PartsAt(h.log_scales.array().exp(), h.MainEffectsShare(), gradient != nullptr);
  Eigen::MatrixXd factor = std::exp(h.log_amplitude) * parts.all();
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
  AddKernelGradient(h, parts, sensitivity, gradient);
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
  Hyperparameters least{Eigen::VectorXd::Constant(d, kLeastLogScale), std::log(prior.least_noise), kLeastLogAmplitude, {}};
  Hyperparameters most{Eigen::VectorXd::Constant(d, kMostLogScale), kMostLogNoise, kMostLogAmplitude, {}};
  if (prior.main_effects) least.main_effects = -kMostLogOdds, most.main_effects = kMostLogOdds;
  const Eigen::VectorXd lower = ToTheta(least), upper = ToTheta(most);
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
  return {FromTheta(best.x, d), -best.value};
}

void Posterior::SetPoints(const Hyperparameters& h, const Eigen::MatrixXd& points, Eigen::Index base) {
  const bool same_model = hyperparameters_.log_scales.size() == h.log_scales.size() && base == base_ && size() >= base &&
                          hyperparameters_.log_scales == h.log_scales && hyperparameters_.log_noise == h.log_noise &&
                          hyperparameters_.log_amplitude == h.log_amplitude && hyperparameters_.main_effects == h.main_effects;
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
  share_ = h.MainEffectsShare();
  points_ = points;
  if (kept < base) {
    const Eigen::MatrixXd first = points.topRows(base);
    Eigen::MatrixXd covariance = amplitude_ * Correlations(first, first);
    covariance.diagonal().array() += noise_;
    factor_.SetBase(covariance);
    kept = base;
  }
  factor_.Truncate(kept);
  for (Eigen::Index i = kept; i < points.rows(); ++i) {
    factor_.Append(amplitude_ * Correlate(points.topRows(i), points.row(i), nullptr), amplitude_ + noise_);
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
  Eigen::MatrixXd k = amplitude_ * Correlations(points_, at);
  mean->noalias() = k.transpose() * weights_;
  mean->rowwise() += means_.transpose();
  factor_.SolveLower(k);
  *variance = (amplitude_ - k.colwise().squaredNorm().transpose().array()).max(kPivotFloor * amplitude_);
}

void Posterior::PredictOne(const Eigen::VectorXd& at, Eigen::VectorXd* mean, double* variance, Eigen::MatrixXd* mean_gradient,
                           Eigen::VectorXd* variance_gradient) const {
  Slopes slopes;
  Eigen::VectorXd k = Correlate(points_, at, &slopes);
  k *= amplitude_;
  *mean = means_ + weights_.transpose() * k;
  factor_.SolveLower(k);
  const double raw = amplitude_ - k.squaredNorm();
  *variance = std::max(raw, kPivotFloor * amplitude_);
  factor_.SolveUpper(k);  // K^-1 k

  // The variance's gradient is -2 dk' K^-1 k.
  const Eigen::Index s = weights_.cols();
  Eigen::MatrixXd coefficients(size(), s + 1);
  coefficients << weights_, -2.0 * k;
  const Eigen::MatrixXd gradient = GradientsOfSums(at, slopes, std::move(coefficients));
  *mean_gradient = gradient.leftCols(s);
  *variance_gradient = gradient.col(s);
  if (raw <= kPivotFloor * amplitude_) variance_gradient->setZero();
}

void Posterior::MeanOne(const Eigen::VectorXd& at, Eigen::VectorXd* mean, Eigen::MatrixXd* mean_gradient) const {
  Slopes slopes;
  *mean = means_ + weights_.transpose() * (amplitude_ * Correlate(points_, at, &slopes));
  *mean_gradient = GradientsOfSums(at, slopes, weights_);
}

Eigen::MatrixXd Posterior::Correlations(const Eigen::MatrixXd& points, const Eigen::MatrixXd& at) const {
  Eigen::MatrixXd k = kernel_.Correlations(points, at, scales_);
  if (share_ > 0) k = (1 - share_) * k + share_ * MainEffects(kernel_).Correlations(points, at, scales_);
  return k;
}

Eigen::VectorXd Posterior::Correlate(const Eigen::MatrixXd& points, const Eigen::VectorXd& at, Slopes* slopes) const {
  Eigen::VectorXd k, effects;
  kernel_.Correlate(points, inverse_squared_, at.data(), &k, slopes != nullptr ? &slopes->plain : nullptr);
  if (slopes != nullptr) slopes->plain *= 2 * amplitude_ * (1 - share_);
  if (share_ == 0) return k;
  MainEffects(kernel_).Correlate(points, inverse_squared_, at.data(), &effects, slopes != nullptr ? &slopes->effects : nullptr);
  if (slopes != nullptr) slopes->effects *= amplitude_ * share_;
  return (1 - share_) * k + share_ * effects;
}

// Of the kernel of one distance, dk_a / dx_c = 2 k'(r^2) (x_c - X_ac) / l_c^2.
Eigen::MatrixXd Posterior::GradientsOfSums(const Eigen::VectorXd& at, const Slopes& slopes, Eigen::MatrixXd coefficients) const {
  Eigen::MatrixXd effects;
  if (share_ > 0) effects.noalias() = slopes.effects.transpose() * coefficients;
  coefficients.array().colwise() *= slopes.plain.array();
  const Eigen::RowVectorXd sums = coefficients.colwise().sum();
  Eigen::MatrixXd gradient = at * sums;
  gradient.noalias() -= points_.transpose() * coefficients;
  for (Eigen::Index c = 0; c < kernel_.columns(); ++c) gradient.row(c) *= kernel_.categorical()[c] ? 0.0 : inverse_squared_[c];
  if (share_ > 0) gradient += effects;
  return gradient;
}

Eigen::MatrixXd Posterior::Means(const Eigen::MatrixXd& at) const {
  Eigen::MatrixXd mean = amplitude_ * (Correlations(points_, at).transpose() * weights_);
  mean.rowwise() += means_.transpose();
  return mean;
}

Eigen::MatrixXd Posterior::MeansAtPoints() const { return outputs_ - noise_ * weights_; }

}  // namespace parzen::gp
