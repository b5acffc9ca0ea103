// Running trials beyond those that the models are conditioned on.
//
// Conditioning on a running trial costs as much as an observation, for every candidate, and whoever asks for a thousand trials at
// once has hundreds running. So only the latest are taken into account exactly; the others repel: near each, improvement is
// multiplied by the share of the variance that would be left if it alone were observed, 1 - s rho^2 with the correlation rho and
// the share s of the signal (after the local penalization of Gonzalez et al. 2016, "Batch Bayesian optimization via local
// penalization"). That is linear in their number.

#ifndef PARZEN_SAMPLER_GP_PENDING_H_
#define PARZEN_SAMPLER_GP_PENDING_H_

#include <Eigen/Core>
#include <utility>

#include "sampler/gp/acquisition.h"
#include "sampler/gp/kernel.h"
#include "sampler/gp/model.h"

namespace parzen::gp {

class PendingPenalty final : public Acquisition {
 public:
  // `running` is r x D.
  PendingPenalty(const Kernel& kernel, const Hyperparameters& hyperparameters, Eigen::MatrixXd running);

  Eigen::VectorXd Values(const Eigen::MatrixXd& at) const override;
  double ValueAndGradient(const Eigen::VectorXd& at, Eigen::VectorXd* gradient) const override;

 private:
  const Kernel& kernel_;
  const Eigen::MatrixXd running_;
  const Eigen::VectorXd scales_, inverse_squared_;
  const double signal_;
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_PENDING_H_
