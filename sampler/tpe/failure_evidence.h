// Whether failures have anything to do with the parameters of a group, judged from the latest trials.
//
// A few crashes at random leave a lumpy density of failed trials, and who avoids its lumps loses good points. So the density is
// heeded as far as labels can be predicted at all: each trial's label is predicted from the others' by kernel regression, on all
// parameters jointly and on each alone, and the log likelihood of the best of these predictions is set against that of one
// constant rate of failures.

#ifndef PARZEN_SAMPLER_TPE_FAILURE_EVIDENCE_H_
#define PARZEN_SAMPLER_TPE_FAILURE_EVIDENCE_H_

#include <cstdint>
#include <map>
#include <vector>

#include "sampler/tpe/dimension.h"

namespace parzen::tpe {

class FailureEvidence {
 public:
  explicit FailureEvidence(std::vector<Dimension> dimensions) : dimensions_(std::move(dimensions)) {}

  // A trial that ended, with its values of the group's parameters. The latest by number are kept, of failed and of other trials,
  // in whatever order they are added.
  void Add(int32_t row, const std::vector<double>& values, bool failed);

  // How far failures are to be believed to depend on the parameters, 0 to 1.
  double Belief();

 private:
  // The kept trials by column, failed ones first.
  struct Trials {
    size_t count = 0, failed = 0;
    std::vector<std::vector<double>> columns;  // [dimension][trial]
  };
  // One a pair of trials, (i, j) for j < i one after the other.
  using Weights = std::vector<double>;

  Trials Collect() const;
  // Multiplies the weights of all pairs by the kernel of dimension d, `width` a share of the range.
  void Multiply(const Trials& trials, size_t d, double width, Weights* weights) const;
  // What predictions by these weights gain over a constant rate, in nats.
  static double Gain(const Trials& trials, const Weights& weights);
  // The gain of the best few parameters, chosen one after the other.
  double GainOfFew(const Trials& trials, double width) const;

  std::vector<Dimension> dimensions_;
  std::map<int32_t, std::vector<double>> failed_, other_;  // by row: coordinates in [0, 1], or a choice
  bool changed_ = true;
  double belief_ = 0;
};

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_FAILURE_EVIDENCE_H_
