// The factors of the acquisition: expected improvement of one objective, of a scalarization of several, and the probability that
// a constraint is met.

#ifndef PARZEN_SAMPLER_GP_EXPECTED_IMPROVEMENT_H_
#define PARZEN_SAMPLER_GP_EXPECTED_IMPROVEMENT_H_

#include <Eigen/Core>
#include <utility>
#include <vector>

#include "sampler/gp/acquisition.h"
#include "sampler/gp/model.h"

namespace parzen::gp {

// Log expected improvement on `incumbents`, one an output of the process: where outcomes of running trials were drawn, it is
// averaged over the draws, each with its own incumbent (Snoek, Larochelle and Adams 2012, "Practical Bayesian optimization of
// machine learning algorithms", section 3.2). A Process predicts as Posterior (model.h) does, by Predict and PredictOne; it
// outlives this.
template <typename Process>
class ExpectedImprovement final : public Acquisition {
 public:
  ExpectedImprovement(const Process& process, Eigen::VectorXd incumbents)
      : process_(process), incumbents_(std::move(incumbents)) {}

  Eigen::VectorXd Values(const Eigen::MatrixXd& at) const override {
    Eigen::MatrixXd mean;
    Eigen::VectorXd variance, terms(incumbents_.size()), weights, values(at.rows());
    process_.Predict(at, &mean, &variance);
    for (Eigen::Index i = 0; i < at.rows(); ++i) {
      for (Eigen::Index s = 0; s < terms.size(); ++s) {
        terms[s] = LogExpectedImprovement(mean(i, s), variance[i], incumbents_[s]).value;
      }
      values[i] = LogMeanExp(terms, &weights);
    }
    return values;
  }

  double ValueAndGradient(const Eigen::VectorXd& at, Eigen::VectorXd* gradient) const override {
    Eigen::VectorXd mean, variance_gradient;
    Eigen::MatrixXd mean_gradient;
    double variance;
    process_.PredictOne(at, &mean, &variance, &mean_gradient, &variance_gradient);
    const Eigen::Index outputs = incumbents_.size();
    Eigen::VectorXd terms(outputs), by_mean(outputs), by_variance(outputs), weights;
    for (Eigen::Index s = 0; s < outputs; ++s) {
      const LogEi ei = LogExpectedImprovement(mean[s], variance, incumbents_[s]);
      terms[s] = ei.value;
      by_mean[s] = ei.by_mean;
      by_variance[s] = ei.by_variance;
    }
    const double value = LogMeanExp(terms, &weights);
    *gradient = mean_gradient * weights.cwiseProduct(by_mean) + variance_gradient * weights.dot(by_variance);
    return value;
  }

 private:
  const Process& process_;
  const Eigen::VectorXd incumbents_;
};

// The augmented Chebyshev scalarization of K objectives, g(y) = max_k w_k y_k + 0.05 sum_k w_k y_k (Knowles 2006, "ParEGO").
double Scalarize(const Eigen::VectorXd& weights, const Eigen::VectorXd& objectives);

// Log expected improvement of a scalarization, averaged over joint draws of the objectives at the point, which are independent
// given the data: f_k = mean_k + deviation_k * normals(k, s). The improvement is smoothed, t softplus((incumbent - g) / t), so
// that its gradient never vanishes (Ament et al. 2023, section 4). Draw s of the objectives goes with output s of the posteriors
// (all have as many outputs as `normals` columns, or one).
class ScalarizedImprovement final : public Acquisition {
 public:
  // `incumbents`: one a column of `normals` (K x S).
  ScalarizedImprovement(std::vector<const Posterior*> posteriors, Eigen::VectorXd weights, Eigen::VectorXd incumbents,
                        Eigen::MatrixXd normals)
      : posteriors_(std::move(posteriors)),
        weights_(std::move(weights)),
        incumbents_(std::move(incumbents)),
        normals_(std::move(normals)) {}

  Eigen::VectorXd Values(const Eigen::MatrixXd& at) const override;
  double ValueAndGradient(const Eigen::VectorXd& at, Eigen::VectorXd* gradient) const override;

 private:
  // The value for objectives' means (K x S) and deviations (K), with derivatives where asked for.
  double Value(const Eigen::MatrixXd& means, const Eigen::VectorXd& deviations, Eigen::MatrixXd* by_mean,
               Eigen::VectorXd* by_deviation) const;

  const std::vector<const Posterior*> posteriors_;
  const Eigen::VectorXd weights_, incumbents_;
  const Eigen::MatrixXd normals_;
};

// The log probability that a modelled constraint is at most `limit`.
class ProbabilityOfFeasibility final : public Acquisition {
 public:
  ProbabilityOfFeasibility(const Posterior& posterior, double limit) : posterior_(posterior), limit_(limit) {}

  Eigen::VectorXd Values(const Eigen::MatrixXd& at) const override;
  double ValueAndGradient(const Eigen::VectorXd& at, Eigen::VectorXd* gradient) const override;

 private:
  const Posterior& posterior_;
  const double limit_;
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_EXPECTED_IMPROVEMENT_H_
