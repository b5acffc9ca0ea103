#include "sampler/tpe/startup.h"

#include <algorithm>
#include <cmath>

#include "sampler/tpe/losses.h"

namespace parzen::tpe {

double OptunaRandomValue(const Distribution& distribution, UniformSource uniform) {
  const Dimension dimension(distribution);
  if (dimension.categorical) {
    std::vector<double> scores(dimension.choices);
    uniform(scores);
    return static_cast<double>(ArgMax(scores));
  }
  double quantile;
  uniform({&quantile, 1});
  const double coordinate = dimension.inner_low + (dimension.inner_high - dimension.inner_low) * quantile;
  if (dimension.integer) {
    if (dimension.log) return std::clamp(std::nearbyint(std::exp(coordinate)), dimension.low, dimension.high);
    const double index = std::floor((coordinate - dimension.low) / dimension.step + 0.5);
    return std::clamp(index * dimension.step + dimension.low, dimension.low, dimension.high);
  }
  if (dimension.step != 0) return dimension.FromInner(coordinate);
  // The upper bound is never suggested.
  const double last = std::nextafter(dimension.high, dimension.high - 1);
  return dimension.log ? std::clamp(std::exp(coordinate), dimension.low, last) : std::min(coordinate, last);
}

}  // namespace parzen::tpe
