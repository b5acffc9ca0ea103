#include "sampler/tpe/dimension.h"

#include <algorithm>
#include <cmath>

namespace parzen::tpe {

Dimension::Dimension(const Distribution& distribution) {
  if (const auto* c = std::get_if<CategoricalDistribution>(&distribution)) {
    categorical = true;
    choices = static_cast<int64_t>(c->choices.size());
    return;
  }
  if (const auto* i = std::get_if<IntDistribution>(&distribution)) {
    integer = true;
    log = i->log;
    low = static_cast<double>(i->low);
    high = static_cast<double>(i->high);
    step = static_cast<double>(i->step);
  } else {
    const auto& f = std::get<FloatDistribution>(distribution);
    log = f.log;
    low = f.low;
    high = f.high;
    step = f.step.value_or(0);
  }
  inner_low = low - step / 2;
  inner_high = high + step / 2;
  if (log) {
    inner_low = std::log(inner_low);
    inner_high = std::log(inner_high);
  }
}

double Dimension::ToInner(double value) const { return log ? std::log(value) : value; }

double Dimension::FromInner(double coordinate) const {
  const double value = log ? std::exp(coordinate) : coordinate;
  if (step == 0) return value;
  // Half to even, as numpy.round.
  return std::clamp(low + std::nearbyint((value - low) / step) * step, low, high);
}

}  // namespace parzen::tpe
