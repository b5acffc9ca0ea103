// Where trials fail, and how much that is to be heeded.
//
// A process models the labels of trials that ended, 1 where one failed and -1 where not (least-squares classification, Rasmussen
// and Williams 2006, section 6.5); where it is below the middle, a trial succeeds. Three things keep it from doing harm:
//
// - Failures may have nothing to do with the parameters. How far the model is believed is the weight of its leave-one-out
//   predictions against those of one constant rate of failures: with failures at random it predicts no better, and is not heeded.
// - A factor P(success) is no match for log expected improvement, which next to the best known loss falls by hundreds: one trial
//   after another would go just beyond the edge where runs fail. So below a least probability what is missing weighs more than
//   any improvement.
// - No model is so good that the most promising of the points it calls safe is as safe as the rest. So what counts as safe is
//   governed by how many of the latest trials failed (CautionFor in sampler/failures.h).

#ifndef PARZEN_SAMPLER_GP_FAILURE_MODEL_H_
#define PARZEN_SAMPLER_GP_FAILURE_MODEL_H_

#include <cstdint>

#include "sampler/gp/acquisition.h"
#include "sampler/gp/fits.h"
#include "sampler/gp/observations.h"
#include "sampler/gp/surrogate.h"

namespace parzen::gp {

class FailureModel {
 public:
  FailureModel(const Kernel& kernel, double dimensions);

  // Conditions on which of the observations failed; at least one did.
  void Condition(const Observations& observations, Fits* fits);

  // What a point is worth for its chance to succeed, in logarithms; reads the model as it was last conditioned.
  const Acquisition& acquisition() const { return acquisition_; }

  // How far the model is believed, 0 to 1.
  double belief() const { return belief_; }
  const Surrogate& surrogate() const { return surrogate_; }

 private:
  // The log of the probability, mixed with that of the model being wrong, and the penalty below the least one.
  class Heed final : public Acquisition {
   public:
    explicit Heed(const FailureModel& model) : model_(model) {}
    Eigen::VectorXd Values(const Eigen::MatrixXd& at) const override;
    double ValueAndGradient(const Eigen::VectorXd& at, Eigen::VectorXd* gradient) const override;

   private:
    // Of a log probability, with its derivative.
    double Value(double log_success, double* slope) const;
    const FailureModel& model_;
  };

  void SetBelief(const Series& labels);
  void SetLimit(const Observations& observations);

  Surrogate surrogate_;
  Heed acquisition_;
  uint64_t believed_fit_ = 0;  // the fit that belief_ is of
  double belief_ = 0, limit_ = 0, least_success_ = 0;
};

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_FAILURE_MODEL_H_
