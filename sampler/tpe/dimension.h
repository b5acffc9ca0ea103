// A parameter as a Parzen estimator sees it, and groups of parameters that are sampled jointly.

#ifndef PARZEN_SAMPLER_TPE_DIMENSION_H_
#define PARZEN_SAMPLER_TPE_DIMENSION_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "sampler/space/space.h"

namespace parzen::tpe {

// Parameters sampled from one joint density, in the order in which they are drawn.
using JointGroup = std::vector<NamedDistribution>;

// Fills a span with uniform numbers in [0, 1), the next ones of a stream.
using UniformSource = absl::FunctionRef<void(std::span<double>)>;

struct Dimension {
  explicit Dimension(const Distribution& distribution);

  bool categorical = false;
  bool integer = false;
  bool log = false;
  int64_t choices = 0;  // categorical
  double low = 0;       // of the distribution
  double high = 0;
  double step = 0;       // 0: continuous
  double inner_low = 0;  // bounds of the density: half a step further out, and logarithms with `log`
  double inner_high = 0;

  // A value of the parameter as a coordinate of the density, and back, on its grid.
  double ToInner(double value) const;
  double FromInner(double coordinate) const;

  // A grid's or categorical's values by index: how many there are, and the index of a coordinate and back.
  double GridSize() const;
  size_t GridIndex(double coordinate) const;
  double GridCoordinate(size_t index) const;

  // log of the mass within the range of the normal law at a coordinate.
  double LogMassWithin(double mu, double inverse_bandwidth) const;
};

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_DIMENSION_H_
