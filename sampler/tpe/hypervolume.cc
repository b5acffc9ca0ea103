#include "sampler/tpe/hypervolume.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "sampler/numpy_sort.h"
#include "sampler/tpe/nondomination.h"

namespace parzen::tpe {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool AllFinite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

double Box(std::span<const double> corner, std::span<const double> reference) {
  double volume = 1;
  for (size_t k = 0; k < corner.size(); ++k) volume *= reference[k] - corner[k];
  return volume;
}

std::vector<double> Worse(std::span<const double> a, std::span<const double> b) {
  std::vector<double> result(a.size());
  for (size_t k = 0; k < a.size(); ++k) result[k] = std::max(a[k], b[k]);
  return result;
}

Losses SortedByFirst(const Losses& losses) {
  std::vector<size_t> order(losses.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return losses[a][0] < losses[b][0]; });
  return losses.Select(order);
}

double Volume2d(const Losses& sorted_front, std::span<const double> reference) {
  double volume = 0, top = reference[1];
  for (size_t i = 0; i < sorted_front.size(); ++i) {
    volume += (reference[0] - sorted_front[i][0]) * (top - sorted_front[i][1]);
    top = sorted_front[i][1];
  }
  return volume;
}

// Sorted by the first objective. Over each cell of the grid that the first two objectives' values span, the height is that of the
// best point at or before it in both.
double Volume3d(const Losses& sorted, std::span<const double> reference) {
  const size_t n = sorted.size();
  std::vector<double> y(n);
  for (size_t i = 0; i < n; ++i) y[i] = sorted[i][1];
  const std::vector<int32_t> y_order = ArgsortSimd(y);
  std::vector<double> height(n * n, 0);  // [x][y rank]
  for (size_t j = 0; j < n; ++j) height[y_order[j] * n + j] = reference[2] - sorted[y_order[j]][2];
  for (size_t i = 1; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) height[i * n + j] = std::max(height[i * n + j], height[(i - 1) * n + j]);
  }
  double volume = 0;
  for (size_t i = 0; i < n; ++i) {
    double area = 0, tallest = -kInfinity;
    for (size_t j = 0; j < n; ++j) {
      tallest = std::max(tallest, height[i * n + j]);
      area += tallest * ((j + 1 < n ? y[y_order[j + 1]] : reference[1]) - y[y_order[j]]);
    }
    volume += area * ((i + 1 < n ? sorted[i + 1][0] : reference[0]) - sorted[i][0]);
  }
  return volume;
}

// WFG: the exclusive volume of each point, beyond what the points after it have in common with it.
double VolumeWfg(const Losses& sorted, std::span<const double> reference) {
  if (sorted.size() == 1) return Box(sorted[0], reference);
  if (sorted.size() == 2) {
    return Box(sorted[0], reference) + Box(sorted[1], reference) - Box(Worse(sorted[0], sorted[1]), reference);
  }
  double volume = Box(sorted[sorted.size() - 1], reference);
  for (size_t i = 0; i + 1 < sorted.size(); ++i) {
    Losses limited(sorted.objectives());
    for (size_t j = i + 1; j < sorted.size(); ++j) limited.Add(Worse(sorted[i], sorted[j]));
    if (limited.size() > 3) {
      const std::vector<bool> on_front = ParetoFront(limited);
      std::vector<size_t> kept;
      for (size_t j = 0; j < limited.size(); ++j) {
        if (on_front[j]) kept.push_back(j);
      }
      limited = limited.Select(kept);
    }
    volume += Box(sorted[i], reference) - VolumeWfg(limited, reference);
  }
  return volume;
}

double VolumeOfSorted(const Losses& sorted, std::span<const double> reference) {
  const double volume = reference.size() == 2   ? Volume2d(sorted, reference)
                        : reference.size() == 3 ? Volume3d(sorted, reference)
                                                : VolumeWfg(sorted, reference);
  return std::isfinite(volume) ? volume : kInfinity;  // inf - inf
}

// Of distinct rows in lexicographic order, two objectives: contributions are rectangles up to the nearest chosen rows.
std::vector<size_t> Select2d(const Losses& losses, size_t size, std::span<const double> reference) {
  struct Candidate {
    size_t row;
    double x, y, right, top;
  };
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < losses.size(); ++i) candidates.push_back({i, losses[i][0], losses[i][1], reference[0], reference[1]});
  std::vector<size_t> selected;
  std::vector<double> contributions;
  while (selected.size() < size) {
    contributions.clear();
    for (const Candidate& c : candidates) contributions.push_back((c.right - c.x) * (c.top - c.y));
    const size_t best = ArgMax(contributions);
    const Candidate chosen = candidates[best];
    selected.push_back(chosen.row);
    candidates.erase(candidates.begin() + static_cast<int64_t>(best));
    for (size_t i = 0; i < candidates.size(); ++i) {
      if (i < best) candidates[i].right = std::min(chosen.x, candidates[i].right);
      if (i >= best) candidates[i].top = std::min(chosen.y, candidates[i].top);
    }
  }
  return selected;
}

// Optuna's _lazy_contribs_update: contributions can only shrink as rows are chosen, so those whose old value is below the best
// new one need no look. `remaining` are the rows not chosen, `volume` the hypervolume of `selected`.
void UpdateContributions(const Losses& remaining, const Losses& selected, std::span<const double> reference, double volume,
                         Ties ties, std::vector<double>* contributions) {
  if (std::isinf(volume)) {
    std::fill(contributions->begin(), contributions->end(), kInfinity);
    return;
  }
  const size_t n = remaining.size();
  std::vector<double> inclusive(n), negated(n);
  for (size_t i = 0; i < n; ++i) {
    inclusive[i] = Box(remaining[i], reference);
    const double bound = inclusive[i] - Box(Worse(remaining[i], selected[selected.size() - 1]), reference);
    double& contribution = (*contributions)[i];
    contribution = std::isnan(bound) ? bound : std::min(contribution, bound);
    negated[i] = std::isnan(contribution) ? kInfinity : -contribution;
  }
  double best = 0;
  for (int32_t i : ties == Ties::kNumpyScalar ? ArgsortScalar(negated) : ArgsortSimd(negated)) {
    double& contribution = (*contributions)[i];
    if (std::isinf(inclusive[i])) {
      best = contribution = kInfinity;
      continue;
    }
    if (contribution < best) continue;
    if (reference.size() <= 3) {
      Losses with = selected;
      with.Add(remaining[i]);
      contribution = VolumeOfSorted(SortedByFirst(with), reference) - volume;
    } else {
      Losses shared(selected.objectives());
      for (size_t j = 0; j < selected.size(); ++j) shared.Add(Worse(remaining[i], selected[j]));
      contribution = inclusive[i] - Hypervolume(shared, reference);
    }
    best = std::max(contribution, best);
  }
}

std::vector<size_t> SelectDistinct(const Losses& losses, size_t size, std::span<const double> reference, Ties ties) {
  std::vector<size_t> rows(losses.size());
  std::iota(rows.begin(), rows.end(), size_t{0});
  if (!AllFinite(reference) || rows.size() == size) {
    rows.resize(size);
    return rows;
  }
  if (reference.size() == 2) return Select2d(losses, size, reference);
  std::vector<double> contributions;
  for (size_t i = 0; i < losses.size(); ++i) contributions.push_back(Box(losses[i], reference));
  std::vector<size_t> selected;
  double volume = 0;
  while (true) {
    const size_t best = ArgMax(contributions);
    volume += contributions[best];
    selected.push_back(rows[best]);
    if (selected.size() == size) return selected;
    rows.erase(rows.begin() + static_cast<int64_t>(best));
    contributions.erase(contributions.begin() + static_cast<int64_t>(best));
    UpdateContributions(losses.Select(rows), losses.Select(selected), reference, volume, ties, &contributions);
  }
}

}  // namespace

std::vector<double> ReferencePoint(const Losses& losses) {
  std::vector<double> reference(losses.objectives(), -kInfinity);
  for (size_t i = 0; i < losses.size(); ++i) reference = Worse(losses[i], reference);
  for (double& r : reference) {
    r = std::max(1.1 * r, 0.9 * r);
    if (r == 0) r = 1e-12;
  }
  return reference;
}

double Hypervolume(const Losses& losses, std::span<const double> reference) {
  if (!AllFinite(reference)) return kInfinity;
  if (losses.empty()) return 0;
  const Losses sorted = losses.Select(LexicographicDistinct(losses).first);
  const std::vector<bool> on_front = ParetoFront(sorted);
  std::vector<size_t> front;
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (on_front[i]) front.push_back(i);
  }
  return VolumeOfSorted(sorted.Select(front), reference);
}

std::vector<size_t> SelectByHypervolume(const Losses& losses, size_t size, std::span<const double> reference, Ties ties) {
  const size_t n = losses.size();
  std::vector<size_t> selected;
  if (size == n) {
    selected.resize(n);
    std::iota(selected.begin(), selected.end(), size_t{0});
    return selected;
  }
  const DistinctRows distinct = LexicographicDistinct(losses);
  if (distinct.first.size() < size) {  // all distinct rows, then repeats in order
    std::vector<bool> chosen(n, false);
    for (size_t row : distinct.first) chosen[row] = true;
    size_t missing = size - distinct.first.size();
    for (size_t row = 0; row < n && missing > 0; ++row) {
      if (!chosen[row]) chosen[row] = true, --missing;
    }
    for (size_t row = 0; row < n; ++row) {
      if (chosen[row]) selected.push_back(row);
    }
    return selected;
  }
  for (size_t i : SelectDistinct(losses.Select(distinct.first), size, reference, ties)) selected.push_back(distinct.first[i]);
  return selected;
}

}  // namespace parzen::tpe
