#include "clients/cli/plot/pareto_front.h"

#include <algorithm>
#include <numeric>

namespace parzen::cli {
namespace {

// a is nowhere worse than b and better somewhere.
bool Dominates(const Losses& a, const Losses& b) {
  bool better = false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better = better || a[i] < b[i];
  }
  return better;
}

}  // namespace

std::vector<size_t> ParetoFront(const std::vector<Losses>& points) {
  // In lexicographic order no point dominates an earlier one, and whatever dominates a point, one of the front does.
  std::vector<size_t> order(points.size()), front;
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&points](size_t a, size_t b) { return points[a] < points[b]; });
  for (const size_t i : order) {
    const bool dominated =
        std::any_of(front.begin(), front.end(), [&](size_t other) { return Dominates(points[other], points[i]); });
    if (!dominated) front.push_back(i);
  }
  std::sort(front.begin(), front.end());
  return front;
}

}  // namespace parzen::cli
