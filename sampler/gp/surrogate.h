// One modelled quantity, an objective or a constraint: its scheduled fit, its output transform and its posterior.
//
// A surrogate lives from ask to ask, so that the posterior's factor is extended instead of made anew; what it answers depends on
// the observations alone. Up to kConditionedAtMost observations the posterior is exact. Beyond, it is conditioned on a subset:
// of those at the last fit, the better half and of the rest as many at even distances in the order of values (the region that
// matters in full, the others as a frame), and all that came later.

#ifndef PARZEN_SAMPLER_GP_SURROGATE_H_
#define PARZEN_SAMPLER_GP_SURROGATE_H_

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "sampler/gp/encoding.h"
#include "sampler/gp/fits.h"
#include "sampler/gp/model.h"
#include "sampler/gp/observations.h"
#include "sampler/gp/transform.h"

namespace parzen::gp {

// Whether objectives are modelled with main effects (main_effects.h): where there are several, and where some parameter takes
// finitely many values, as those of most trainings do, and none depends on another. With one objective over continuous
// parameters, or with conditions, they gain nothing, and cost time.
bool HasMainEffects(const Encoding& encoding, size_t objectives);

class Surrogate {
 public:
  Surrogate(const Kernel& kernel, const ModelPrior& prior, OutputKind kind)
      : prior_(prior), kind_(kind), posterior_(kernel, prior), truth_(kernel, prior) {}

  // Conditions on the observations of a series (at least one).
  void Condition(const Observations& observations, const Series& series, Fits* fits);
  // Conditions further on running trials (r x D) whose outcomes are drawn jointly, once a column of `normals` (r x S, standard
  // normal). The posterior has S outputs then.
  void Fantasize(const Eigen::MatrixXd& running, const Eigen::MatrixXd& normals);

  // For improvement under noise: draws the noiseless values at the observations jointly from their posterior, once a column of
  // `normals` (2 n + 1 x S, standard normal; n: size of the posterior), and conditions a process without noise on every draw.
  // Posterior samples by Matheron's rule: a sample of the prior, corrected by the regression on what it misses of the outputs
  // (Wilson et al. 2020, "Efficiently sampling functions from Gaussian process posteriors").
  void DrawTruth(const Eigen::MatrixXd& normals);
  // After DrawTruth: the noiseless process with S outputs, and the draws it was conditioned on (n x S).
  const Posterior& truth() const { return truth_; }
  const Eigen::MatrixXd& truths() const { return truths_; }

  const ModelPrior& prior() const { return prior_; }
  const Posterior& posterior() const { return posterior_; }
  const OutputTransform& transform() const { return *transform_; }
  const ScheduledFit& fit() const { return fit_; }
  // Row of the observations that the posterior's row i stands for; rows of running trials come after.
  const std::vector<Eigen::Index>& rows() const { return rows_; }
  // How many of the posterior's rows, from the first, the fit was made for; they are factored at once.
  Eigen::Index base() const { return base_; }
  // Transformed values of the posterior's rows.
  const Eigen::VectorXd& outputs() const { return outputs_; }
  // Posterior means at the observations, before Fantasize.
  const Eigen::VectorXd& means() const { return means_; }

 private:
  ModelPrior prior_;
  OutputKind kind_;
  Posterior posterior_, truth_;
  Eigen::MatrixXd truths_;
  ScheduledFit fit_;
  std::optional<OutputTransform> transform_;
  std::vector<Eigen::Index> rows_;
  Eigen::Index base_ = 0;
  Eigen::VectorXd outputs_, means_;
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_SURROGATE_H_
