#include "sampler/tpe/dimension.h"

#include <algorithm>
#include <cmath>

#include "sampler/tpe/normal.h"

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
  // Bounds so close that a model of the range between them knows no numbers: any value is as good.
  if (std::isnan(coordinate)) return low;
  const double value = log ? std::exp(coordinate) : coordinate;
  if (step == 0) return value;
  // Half to even, as numpy.round.
  return std::clamp(low + std::nearbyint((value - low) / step) * step, low, high);
}

double Dimension::GridSize() const {
  return categorical ? static_cast<double>(choices) : std::nearbyint((high - low) / step) + 1;
}

size_t Dimension::GridIndex(double coordinate) const {
  if (categorical) return static_cast<size_t>(std::min(coordinate, static_cast<double>(choices - 1)));
  return static_cast<size_t>(std::nearbyint(((log ? std::exp(coordinate) : coordinate) - low) / step));
}

double Dimension::GridCoordinate(size_t index) const {
  return categorical ? static_cast<double>(index) : ToInner(low + static_cast<double>(index) * step);
}

double Dimension::LogMassWithin(double mu, double inverse_bandwidth) const {
  const double a = (inner_low - mu) * inverse_bandwidth, b = (inner_high - mu) * inverse_bandwidth;
  return a < -9 && b > 9 ? 0 : LogMass(a, b);
}

}  // namespace parzen::tpe
