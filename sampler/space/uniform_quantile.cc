#include "sampler/space/uniform_quantile.h"

#include <algorithm>
#include <cmath>

namespace parzen {

double UniformQuantile(const Distribution& distribution, double u) {
  if (const std::optional<uint64_t> count = CountValues(distribution)) {
    const auto* ints = std::get_if<IntDistribution>(&distribution);
    if (ints != nullptr && ints->log) {
      const double low = std::log(static_cast<double>(ints->low) - 0.5), high = std::log(static_cast<double>(ints->high) + 0.5);
      return std::clamp(std::round(std::exp(low + u * (high - low))), static_cast<double>(ints->low),
                        static_cast<double>(ints->high));
    }
    return ValueAt(distribution, std::min(static_cast<uint64_t>(u * static_cast<double>(*count)), *count - 1));
  }
  const auto& real = std::get<FloatDistribution>(distribution);
  if (!real.log) return std::clamp(real.low + u * (real.high - real.low), real.low, real.high);
  const double low = std::log(real.low), high = std::log(real.high);
  return std::clamp(std::exp(low + u * (high - low)), real.low, real.high);
}

}  // namespace parzen
