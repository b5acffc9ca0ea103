#include "clients/cli/plot/hypervolume.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace parzen::cli {
namespace {

constexpr double kEpsilon = 1e-12;  // a reference coordinate where the worst loss is 0, as Optuna has it

double Box(const Losses& point, const Losses& reference) {
  double volume = 1;
  for (size_t i = 0; i < point.size(); ++i) volume *= reference[i] - point[i];
  return volume;
}

// The greedy choice in two dimensions: every point's exclusive rectangle is cut where a neighbour is taken. `front` is sorted.
std::vector<size_t> Greedy2d(const std::vector<Losses>& front, size_t n, const Losses& reference) {
  std::vector<size_t> left(front.size()), chosen;
  std::iota(left.begin(), left.end(), 0);
  std::vector<Losses> corners(front.size(), reference);
  while (chosen.size() < n) {
    size_t best = 0;
    double largest = -std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < left.size(); ++i) {
      const double volume = Box(front[left[i]], corners[i]);
      if (volume > largest) {
        largest = volume;
        best = i;
      }
    }
    const Losses& taken = front[left[best]];
    chosen.push_back(left[best]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
    corners.erase(corners.begin() + static_cast<std::ptrdiff_t>(best));
    for (size_t i = 0; i < left.size(); ++i) {
      const size_t axis = i < best ? 0 : 1;
      corners[i][axis] = std::min(corners[i][axis], taken[axis]);
    }
  }
  return chosen;
}

std::vector<size_t> GreedyNd(const std::vector<Losses>& front, size_t n, const Losses& reference) {
  std::vector<size_t> left(front.size()), chosen;
  std::iota(left.begin(), left.end(), 0);
  std::vector<Losses> taken;
  double volume = 0;
  while (chosen.size() < n) {
    size_t best = 0;
    double largest = -std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < left.size(); ++i) {
      taken.push_back(front[left[i]]);
      const double gain = Hypervolume(taken, reference) - volume;
      taken.pop_back();
      if (gain > largest) {
        largest = gain;
        best = i;
      }
    }
    volume += largest;
    taken.push_back(front[left[best]]);
    chosen.push_back(left[best]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
  }
  return chosen;
}

// n of the points of one front, greedily; indices into `points`. Equal points count once as long as there are others.
std::vector<size_t> Greedy(const std::vector<Losses>& points, size_t n) {
  if (n == points.size()) {
    std::vector<size_t> all(n);
    std::iota(all.begin(), all.end(), 0);
    return all;
  }
  std::map<Losses, size_t> first;  // in lexicographic order, the first of equal ones
  for (size_t i = 0; i < points.size(); ++i) first.emplace(points[i], i);
  std::vector<Losses> unique;
  std::vector<size_t> chosen;
  for (const auto& [point, index] : first) {
    unique.push_back(point);
    chosen.push_back(index);
  }
  if (unique.size() <= n) {
    for (size_t i = 0; i < points.size() && chosen.size() < n; ++i) {
      if (first[points[i]] != i) chosen.push_back(i);
    }
    return chosen;
  }
  Losses reference = unique.front();
  for (const Losses& point : unique) {
    for (size_t i = 0; i < reference.size(); ++i) reference[i] = std::max(reference[i], point[i]);
  }
  for (double& coordinate : reference) {
    coordinate = std::max(1.1 * coordinate, 0.9 * coordinate);
    if (coordinate == 0) coordinate = kEpsilon;
  }
  const std::vector<size_t> picked = reference.size() == 2 ? Greedy2d(unique, n, reference) : GreedyNd(unique, n, reference);
  std::vector<size_t> result;
  for (const size_t i : picked) result.push_back(chosen[i]);
  return result;
}

}  // namespace

bool Dominates(const Losses& a, const Losses& b) {
  bool better = false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better = better || a[i] < b[i];
  }
  return better;
}

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

double Hypervolume(std::vector<Losses> points, const Losses& reference) {
  std::sort(points.begin(), points.end());
  double volume = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    // What point i has alone among those from i on: its box without what the later ones cover of it.
    std::vector<Losses> limited(points.begin() + static_cast<std::ptrdiff_t>(i) + 1, points.end());
    for (Losses& other : limited) {
      for (size_t axis = 0; axis < other.size(); ++axis) other[axis] = std::max(other[axis], points[i][axis]);
    }
    std::vector<Losses> reduced;
    for (const size_t kept : ParetoFront(limited)) reduced.push_back(limited[kept]);
    reduced.erase(std::unique(reduced.begin(), reduced.end()), reduced.end());
    volume += Box(points[i], reference) - (reduced.empty() ? 0 : Hypervolume(std::move(reduced), reference));
  }
  return volume;
}

std::vector<size_t> BestByHypervolume(const std::vector<Losses>& points, size_t n) {
  n = std::min(n, points.size());
  std::vector<size_t> left(points.size()), best;
  std::iota(left.begin(), left.end(), 0);
  while (best.size() < n) {
    std::vector<Losses> remaining;
    for (const size_t i : left) remaining.push_back(points[i]);
    const std::vector<size_t> front = ParetoFront(remaining);
    if (best.size() + front.size() <= n) {
      for (const size_t i : front) best.push_back(left[i]);
    } else {
      std::vector<Losses> tied;
      for (const size_t i : front) tied.push_back(remaining[i]);
      for (const size_t i : Greedy(tied, n - best.size())) best.push_back(left[front[i]]);
    }
    std::vector<size_t> rest;
    for (size_t i = 0, j = 0; i < left.size(); ++i) {
      if (j < front.size() && front[j] == i) {
        ++j;
      } else {
        rest.push_back(left[i]);
      }
    }
    left = std::move(rest);
  }
  std::sort(best.begin(), best.end());
  return best;
}

}  // namespace parzen::cli
