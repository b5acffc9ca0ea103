// Expected hypervolume improvement: how much more of the space of two or three objectives a trial is expected to dominate.
//
// Objectives are independent given the data, so the expectation is a sum, over boxes that make up what the front leaves
// undominated, of products of one-dimensional expectations: of a box [l, u], E[u - max(l, f)]+ = E[u - f]+ - E[l - f]+ in each
// objective (Yang et al. 2019, "Efficient computation of expected hypervolume improvement using box decomposition algorithms";
// Daulton, Balandat and Bakshy 2020, "Differentiable expected hypervolume improvement"). All in logarithms, so that gradients
// remain where improvement is improbable (Ament et al. 2023).

#ifndef PARZEN_SAMPLER_GP_HYPERVOLUME_IMPROVEMENT_H_
#define PARZEN_SAMPLER_GP_HYPERVOLUME_IMPROVEMENT_H_

#include <Eigen/Core>
#include <vector>

#include "sampler/gp/acquisition.h"
#include "sampler/gp/model.h"
#include "sampler/gp/nondominated.h"

namespace parzen::gp {

// The boxes of one front, prepared for values: an objective's bounds recur in many boxes.
class HypervolumeBoxes {
 public:
  explicit HypervolumeBoxes(const Boxes& boxes);

  // Log expected hypervolume improvement of independent normal objectives (K each), with derivatives where asked for.
  double Value(const Eigen::VectorXd& means, const Eigen::VectorXd& variances, Eigen::VectorXd* by_mean,
               Eigen::VectorXd* by_variance) const;

 private:
  struct Axis {
    std::vector<double> bounds;     // distinct and finite, ascending
    std::vector<int> lower, upper;  // of each box; -1: unbounded
  };
  std::vector<Axis> axes_;
  Eigen::Index boxes_;
};

// Log expected hypervolume improvement, averaged over draws of what running trials may yield: draw s has its own front and goes
// with output s of the posteriors.
class HypervolumeImprovement final : public Acquisition {
 public:
  HypervolumeImprovement(std::vector<const Posterior*> posteriors, std::vector<HypervolumeBoxes> draws)
      : posteriors_(std::move(posteriors)), draws_(std::move(draws)) {}

  Eigen::VectorXd Values(const Eigen::MatrixXd& at) const override;
  double ValueAndGradient(const Eigen::VectorXd& at, Eigen::VectorXd* gradient) const override;

 private:
  const std::vector<const Posterior*> posteriors_;
  const std::vector<HypervolumeBoxes> draws_;
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_HYPERVOLUME_IMPROVEMENT_H_
