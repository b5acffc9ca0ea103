// Transfer: earlier studies as the prior mean of this study's Gaussian process.
//
// The models of earlier studies are weighed by how well they rank the losses seen here, as in RGPE (Feurer, Letham and Bakshy
// 2018, "Scalable meta-learning for Bayesian optimization"): pairs of trials that a model puts in the wrong order are counted
// over bootstrapped samples of the trials, and an earlier study's weight is the share of samples in which it makes the fewest
// mistakes. One that does not clearly beat chance, or is mostly worse than this study's own leave-one-out predictions at their
// worst (the 95th percentile), is dropped. The weighted mean of the predictions, times a slope that is chosen by the marginal
// likelihood (0 among the choices: no help), is what this study's process is expected to be; the process itself models what is
// left.
//
// All of it is a function of the observations, the snapshot and the trial's number.

#ifndef PARZEN_SAMPLER_GP_TRANSFER_H_
#define PARZEN_SAMPLER_GP_TRANSFER_H_

#include <Eigen/Core>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sampler/gp/acquisition.h"
#include "sampler/gp/earlier_study.h"
#include "sampler/gp/encoding.h"
#include "sampler/gp/surrogate.h"
#include "sampler/warm_start.h"

namespace parzen::gp {

// Observations up to which earlier studies are asked: a study with more has learned for itself.
inline constexpr Eigen::Index kTransferTo = 100;

// Weights of earlier models, sum 1 or all 0. `predictions` (n x K) are theirs at the observations, `own` (n) the study's
// leave-one-out predictions, `outputs` (n) what was seen. `seed` and `number` choose the samples.
Eigen::VectorXd RankingWeights(const Eigen::MatrixXd& predictions, const Eigen::VectorXd& own, const Eigen::VectorXd& outputs,
                               uint64_t seed, int64_t number);

class Transfer {
 public:
  Transfer(std::shared_ptr<const WarmStart> warm_start, const Encoding& encoding);

  // Weighs the earlier studies by this study's model, which stands for the observations, and conditions the process on them.
  // `running` are r x D, `normals` r x S draws of their outcomes (S = 1 where r = 0). Returns whether earlier studies help.
  bool Condition(const Surrogate& own, const Eigen::MatrixXd& running, const Eigen::MatrixXd& normals, uint64_t seed,
                 int64_t number);

  // After a Condition that returned true. Means at the own model's rows and the running trials, n + r x S, in its outputs.
  const Eigen::MatrixXd& means() const { return means_; }
  // Expected improvement on `incumbents` (S). Lives as long as this and until the next Condition.
  std::unique_ptr<Acquisition> Improvement(Eigen::VectorXd incumbents) const;
  // Mean (m x S) and variance (m) at rows of `at`.
  void Predict(const Eigen::MatrixXd& at, Eigen::MatrixXd* mean, Eigen::VectorXd* variance) const;
  // With the gradients of PredictOne (model.h).
  void PredictOne(const Eigen::VectorXd& at, Eigen::VectorXd* mean, double* variance, Eigen::MatrixXd* mean_gradient,
                  Eigen::VectorXd* variance_gradient) const;

  // As of the last Condition: whether earlier studies help, by which weights (one a study of the snapshot), and the slope.
  bool helps() const { return slope_ > 0; }
  const Eigen::VectorXd& weights() const { return weights_; }
  double slope() const { return slope_; }
  const WarmStart& warm_start() const { return *warm_start_; }

  // Whether the encoding is the one that the models were made for.
  bool IsFor(const Encoding& encoding) const;

 private:
  // The weighted mean of the earlier models.
  Eigen::VectorXd PriorMeans(const Eigen::MatrixXd& at) const;
  // Chooses the slope and the hyperparameters of what is left of `outputs`.
  Hyperparameters FitSlope(const Surrogate& own, const Eigen::MatrixXd& points, const Eigen::VectorXd& prior_means);

  const std::shared_ptr<const WarmStart> warm_start_;
  std::vector<double> encoding_;                        // what IsFor compares
  std::vector<std::unique_ptr<EarlierModel>> earlier_;  // null for a study without points
  Eigen::VectorXd weights_;
  double slope_ = 0;
  std::optional<Posterior> posterior_;  // of what the earlier studies leave
  Eigen::MatrixXd means_;
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_TRANSFER_H_
