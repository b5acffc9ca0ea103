// Hypervolume and subset selection as Optuna 2.9.1 computes them: other sums in another order than 5.0's.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sampler/numpy_sort.h"
#include "sampler/tpe/hypervolume.h"

namespace parzen::tpe {
namespace {

double BoxMagnitude(std::span<const double> a, std::span<const double> b) {
  double volume = 1;
  for (size_t k = 0; k < a.size(); ++k) volume *= a[k] - b[k];
  return std::abs(volume);
}

double Volume2d(const Losses& losses, std::span<const double> reference) {
  std::vector<size_t> order(losses.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (losses[a][0] != losses[b][0]) return losses[a][0] < losses[b][0];
    return losses[a][1] > losses[b][1];
  });
  double volume = 0;
  std::vector<double> corner(reference.begin(), reference.end());
  for (size_t row : order) {
    if (corner[1] < losses[row][1]) continue;
    volume += BoxMagnitude(corner, losses[row]);
    corner[1] = losses[row][1];
  }
  return volume;
}

double VolumeRecursive(const Losses& losses, std::span<const double> reference);

// What `sorted[i]` dominates beyond the rows after it.
double Exclusive(const Losses& sorted, size_t i, std::span<const double> reference) {
  double volume = BoxMagnitude(sorted[i], reference);
  Losses limited(sorted.objectives());
  for (size_t j = i + 1; j < sorted.size(); ++j) {
    std::vector<double> worse(sorted.objectives());
    for (size_t k = 0; k < worse.size(); ++k) worse[k] = std::max(sorted[j][k], sorted[i][k]);
    // Rows that are nowhere better than the last one kept add nothing.
    bool better = limited.empty();
    for (size_t k = 0; k < worse.size() && !better; ++k) better = limited[limited.size() - 1][k] > worse[k];
    if (better) limited.Add(worse);
  }
  if (limited.size() == 1) {
    volume -= BoxMagnitude(limited[0], reference);
  } else if (limited.size() > 1) {
    volume -= VolumeRecursive(limited, reference);
  }
  return volume;
}

double VolumeRecursive(const Losses& losses, std::span<const double> reference) {
  if (reference.size() == 2) return Volume2d(losses, reference);
  if (losses.size() == 1) return BoxMagnitude(losses[0], reference);
  if (losses.size() == 2) {
    double shared = 1;
    for (size_t k = 0; k < reference.size(); ++k) shared *= reference[k] - std::max(losses[0][k], losses[1][k]);
    return BoxMagnitude(losses[0], reference) + BoxMagnitude(losses[1], reference) - shared;
  }
  std::vector<double> first(losses.size());
  for (size_t i = 0; i < losses.size(); ++i) first[i] = losses[i][0];
  const Losses sorted = losses.Select(ArgsortScalar(first));
  double volume = 0;
  for (size_t i = 0; i < sorted.size(); ++i) volume += Exclusive(sorted, i, reference);
  return volume;
}

}  // namespace

double Hypervolume2_9_1(const Losses& losses, std::span<const double> reference) { return VolumeRecursive(losses, reference); }

std::vector<size_t> SelectByHypervolume2_9_1(const Losses& losses, size_t size, std::span<const double> reference) {
  constexpr double kSelected = -1;
  std::vector<double> contributions;
  for (size_t i = 0; i < losses.size(); ++i) {
    Losses one(losses.objectives());
    one.Add(losses[i]);
    contributions.push_back(Hypervolume2_9_1(one, reference));
  }
  std::vector<size_t> selected;
  Losses chosen(losses.objectives());
  double volume = 0;
  while (selected.size() < size) {
    const size_t best = ArgMax(contributions);
    contributions[best] = kSelected;
    for (size_t j = 0; j < losses.size(); ++j) {
      if (contributions[j] == kSelected) continue;
      Losses with = chosen;
      std::vector<double> worse(losses.objectives());
      for (size_t k = 0; k < worse.size(); ++k) worse[k] = std::max(losses[best][k], losses[j][k]);
      with.Add(worse);
      contributions[j] -= Hypervolume2_9_1(with, reference) - volume;
    }
    chosen.Add(losses[best]);
    selected.push_back(best);
    volume = Hypervolume2_9_1(chosen, reference);
  }
  return selected;
}

}  // namespace parzen::tpe
