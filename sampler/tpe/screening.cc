#include "sampler/tpe/screening.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace parzen::tpe {
namespace {

constexpr double kLeastCell = 1e-6;         // of the range
constexpr double kLeastPriorWeight = 1e-6;  // of an observation's

// The narrowest cell of a grid, as a part of the range of coordinates.
double NarrowestCell(const Dimension& dimension) {
  const double low = dimension.ToInner(dimension.low + dimension.step / 2) - dimension.inner_low,
               high = dimension.inner_high - dimension.ToInner(dimension.high - dimension.step / 2);
  return std::min(low, high) / (dimension.inner_high - dimension.inner_low);
}

bool Alike(const ValueTable& candidates, size_t a, size_t b) {
  return std::all_of(candidates.begin(), candidates.end(),
                     [=](const std::vector<double>& column) { return column[a] == column[b]; });
}

}  // namespace

bool CanScreen(const std::vector<Dimension>& dimensions, const TpeSettings& settings) {
  if (settings.ties == Ties::kNumpyScalar || !(settings.prior_weight >= kLeastPriorWeight)) return false;
  return std::all_of(dimensions.begin(), dimensions.end(), [](const Dimension& dimension) {
    return dimension.categorical || dimension.step == 0 || NarrowestCell(dimension) >= kLeastCell;
  });
}

std::vector<size_t> Rivals(const ValueTable& candidates, const std::vector<double>& log_l, const std::vector<double>& log_g) {
  std::vector<size_t> rivals(log_l.size());
  std::iota(rivals.begin(), rivals.end(), size_t{0});
  double best = -std::numeric_limits<double>::infinity();
  for (size_t i : rivals) {
    if (!std::isfinite(log_l[i]) || !std::isfinite(log_g[i])) return rivals;
    best = std::max(best, log_l[i] - log_g[i]);
  }
  const double reach = 2 * kScreeningError * static_cast<double>(candidates.size());
  std::vector<size_t> ahead;
  for (size_t i : rivals) {
    if (log_l[i] - log_g[i] < best - reach) continue;
    if (std::none_of(ahead.begin(), ahead.end(), [&](size_t other) { return Alike(candidates, other, i); })) ahead.push_back(i);
  }
  return ahead;
}

}  // namespace parzen::tpe
