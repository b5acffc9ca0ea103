// Gaussian-process regression: hyperparameters by maximum a posteriori, and the posterior at a point.
//
// y = m + f(x) + e, f ~ GP(0, a k(x, x')), e ~ N(0, s), where k is a kernel of one distance or, with main effects, a mixture of
// it and theirs (main_effects.h), (1 - w) k1 + w k2 with the same length-scales and a share w whose log odds have a normal prior.
// The constant m has a normal prior and is integrated out by its best value (generalized least squares), length-scales l, noise s
// and amplitude a have log-normal priors. That of the length-scales moves with the square root of the number of dimensions, so
// that the typical distance of two points keeps its correlation (Hvarfner, Hellsten and Nardi 2024, "Vanilla Bayesian
// optimization performs great in high dimensions").

#ifndef PARZEN_SAMPLER_GP_MODEL_H_
#define PARZEN_SAMPLER_GP_MODEL_H_

#include <Eigen/Core>
#include <optional>

#include "sampler/gp/cholesky.h"
#include "sampler/gp/kernel.h"
#include "sampler/gp/main_effects.h"

namespace parzen::gp {

// A normal prior of a logarithm; `center` is the mode of the density that the MAP maximizes.
struct LogPrior {
  double center = 0;
  double deviation = 1;
};

struct ModelPrior {
  LogPrior length_scale, noise, amplitude;
  std::optional<LogPrior> main_effects;  // of the log odds of their share; none: no main effects
  double mean_variance = 1.0;            // of the constant m, in squared units of y
  double least_noise = 1e-6;             // lower bound of the noise variance
};

// For `dimensions` columns and outputs of about unit variance, with or without main effects.
ModelPrior PriorFor(double dimensions, bool main_effects = false);

// For the labels of failed and other trials: noise is what is expected, so that a few failures that have nothing to do with their
// points are taken for that.
ModelPrior FailurePriorFor(double dimensions);

struct Hyperparameters {
  Eigen::VectorXd log_scales;          // D
  double log_noise = 0;                // of the variance
  double log_amplitude = 0;            // of the variance
  std::optional<double> main_effects;  // log odds of their share

  double MainEffectsShare() const;  // 0 where there are none
};

// Where fits begin: the centers of the priors.
Hyperparameters PriorCenter(const ModelPrior& prior, Eigen::Index columns);

// Log posterior density of hyperparameters (up to a constant) given n points and outputs, with its gradient. Theta holds
// log_scales, log_noise, log_amplitude and, where the prior has them, the main effects' log odds in this order.
class LogPosterior {
 public:
  // `points` (n x D) and `outputs` (n) outlive this.
  LogPosterior(const Kernel& kernel, const ModelPrior& prior, const Eigen::MatrixXd& points, const Eigen::VectorXd& outputs)
      : kernel_(kernel), prior_(prior), points_(points), outputs_(outputs) {
    if (prior.main_effects) distances_ = MainEffects(kernel).DistancesOf(points);
  }

  double operator()(const Eigen::VectorXd& theta, Eigen::VectorXd* gradient) const;

 private:
  // The parts of the covariance, in correlations, and what gradients need of them.
  struct Parts {
    Eigen::MatrixXd plain, slope;
    MainEffects::Pairs effects;
    Eigen::MatrixXd mixed;  // of both; empty where there are no main effects
    const Eigen::MatrixXd& all() const { return mixed.size() > 0 ? mixed : plain; }
  };
  Parts PartsAt(const Eigen::VectorXd& scales, double share, bool with_slopes) const;
  double AddPriors(const Eigen::VectorXd& theta, Eigen::VectorXd* gradient) const;
  // By everything but the noise, for d value / dK.
  void AddKernelGradient(const Hyperparameters& h, const Parts& parts, const Eigen::MatrixXd& sensitivity,
                         Eigen::VectorXd* gradient) const;

  const Kernel& kernel_;
  const ModelPrior& prior_;
  const Eigen::MatrixXd& points_;
  const Eigen::VectorXd& outputs_;
  MainEffects::Distances distances_;  // of the points, where the prior has main effects
};

Eigen::VectorXd ToTheta(const Hyperparameters& h);
Hyperparameters FromTheta(const Eigen::VectorXd& theta, Eigen::Index columns);

struct FitResult {
  Hyperparameters hyperparameters;
  double log_posterior = 0;
};

// The best of L-BFGS runs from `start` and, where `from_center`, from the priors' centers, each of at most `max_evaluations`.
FitResult Fit(const Kernel& kernel, const ModelPrior& prior, const Eigen::MatrixXd& points, const Eigen::VectorXd& outputs,
              const Hyperparameters& start, bool from_center, int max_evaluations);

// The posterior given hyperparameters and points, for one or several output vectors over the same points (fantasies).
class Posterior {
 public:
  Posterior(const Kernel& kernel, const ModelPrior& prior) : kernel_(kernel), prior_(prior) {}

  // Takes `points` (n x D), of which the first `base` are factored at once. Rows that agree with the present ones are kept.
  void SetPoints(const Hyperparameters& hyperparameters, const Eigen::MatrixXd& points, Eigen::Index base);
  // Outputs, n x S; needs SetPoints.
  void SetOutputs(const Eigen::MatrixXd& outputs);

  const Kernel& kernel() const { return kernel_; }
  const Hyperparameters& hyperparameters() const { return hyperparameters_; }
  Eigen::Index size() const { return points_.rows(); }
  Eigen::Index outputs() const { return weights_.cols(); }
  const Eigen::MatrixXd& points() const { return points_; }
  const GrowingCholesky& factor() const { return factor_; }
  double amplitude() const { return amplitude_; }
  double noise() const { return noise_; }
  const Eigen::VectorXd& means() const { return means_; }  // m of every output vector

  // Posterior mean and variance of f (without noise) at m points (m x D): `mean` m x S, `variance` m.
  void Predict(const Eigen::MatrixXd& at, Eigen::MatrixXd* mean, Eigen::VectorXd* variance) const;
  // At one point, with gradients with respect to the columns (zero for categorical ones): mean S, mean_gradient D x S.
  void PredictOne(const Eigen::VectorXd& at, Eigen::VectorXd* mean, double* variance, Eigen::MatrixXd* mean_gradient,
                  Eigen::VectorXd* variance_gradient) const;
  // The same without the variance, which costs most of it.
  void MeanOne(const Eigen::VectorXd& at, Eigen::VectorXd* mean, Eigen::MatrixXd* mean_gradient) const;
  // Posterior means only, m x S.
  Eigen::MatrixXd Means(const Eigen::MatrixXd& at) const;
  // Posterior means of f at the points themselves, n x S.
  Eigen::MatrixXd MeansAtPoints() const;

 private:
  // What gradients need of one point's covariances, each part with its share and the amplitude: 2 dk / d(r^2) of the kernel of
  // one distance, and the main effects' derivatives by the columns (no rows where there are none).
  struct Slopes {
    Eigen::VectorXd plain;
    Eigen::MatrixXd effects;
  };
  // Mixed correlations: of all pairs of rows, and of one point with the rows of `points`.
  Eigen::MatrixXd Correlations(const Eigen::MatrixXd& points, const Eigen::MatrixXd& at) const;
  Eigen::VectorXd Correlate(const Eigen::MatrixXd& points, const Eigen::VectorXd& at, Slopes* slopes) const;
  // The gradients at a point of sums over the points of c_a k(x, X_a), one a column of `coefficients`.
  Eigen::MatrixXd GradientsOfSums(const Eigen::VectorXd& at, const Slopes& slopes, Eigen::MatrixXd coefficients) const;

  Kernel kernel_;
  ModelPrior prior_;
  Hyperparameters hyperparameters_;
  Eigen::MatrixXd points_;
  Eigen::Index base_ = 0;
  GrowingCholesky factor_;
  Eigen::VectorXd scales_, inverse_squared_;
  double amplitude_ = 1, noise_ = 0, share_ = 0;  // share of the main effects
  Eigen::MatrixXd outputs_, weights_;             // weights = K^-1 (y - m), n x S
  Eigen::VectorXd means_;
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_MODEL_H_
