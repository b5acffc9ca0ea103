#include "sampler/importance/density.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sampler/tpe/normal.h"

namespace parzen::importance {
namespace {

constexpr double kMostSteps = 50;  // points that a numeric range is rounded to
constexpr double kPriorWeight = 1;
constexpr double kDensityFloor = 1e-12;

double Mass(double a, double b) { return std::exp(tpe::LogMass(a, b)); }

// Scott's rule on counted integers (Scott 1992, "Multivariate Density Estimation"), as Optuna's ScottParzenEstimator has it.
double Bandwidth(const std::vector<double>& points, const std::vector<double>& weights) {
  std::vector<double> cumulated(weights.size());
  std::partial_sum(weights.begin(), weights.end(), cumulated.begin());
  const double sum = cumulated.back();
  double mean = 0, square = 0;
  for (size_t i = 0; i < points.size(); ++i) mean += points[i] * weights[i];
  mean /= sum;
  for (size_t i = 0; i < points.size(); ++i) square += (points[i] - mean) * (points[i] - mean) * weights[i];
  const double deviation = std::sqrt(square / std::max(1.0, sum - 1));
  const auto q1 = std::lower_bound(cumulated.begin(), cumulated.end(), std::floor(sum / 4)) - cumulated.begin();
  const auto q3 = std::upper_bound(cumulated.begin(), cumulated.end(), std::floor(sum * 3 / 4)) - cumulated.begin();
  const double range = points[std::min(points.size() - 1, static_cast<size_t>(q3))] - points[static_cast<size_t>(q1)];
  const double width = 1.059 * std::min(range / 1.34, deviation) * std::pow(sum, -0.2);
  return std::max(width, 0.5 / 1.64);
}

// Each choice that occurs is a kernel: itself, and a little of every choice. The prior is a kernel of all alike.
std::vector<double> DensityOfChoices(std::span<const double> counts, double seen) {
  const double n = static_cast<double>(counts.size());
  const double sum = std::accumulate(counts.begin(), counts.end(), 0.0);
  const double total = sum + kPriorWeight;
  const double little = kPriorWeight / (seen + 1);
  const double row_sum = 1 + little * n;
  std::vector<double> density;
  for (const double count : counts) density.push_back(kPriorWeight / total / n + (count + little * sum) / (total * row_sum));
  return density;
}

}  // namespace

Grid::Grid(const Distribution& distribution) {
  if (const auto* categorical = std::get_if<CategoricalDistribution>(&distribution)) {
    is_categorical_ = true;
    size_ = categorical->choices.size();
    return;
  }
  double high = 0, steps = kMostSteps;
  if (const auto* whole = std::get_if<IntDistribution>(&distribution)) {
    low_ = static_cast<double>(whole->low);
    high = static_cast<double>(whole->high);
    log_ = whole->log;
    steps = log_ ? std::ceil(std::log(high - low_ + 1) / std::log(2.0)) + 1
                 : std::nearbyint((high - low_) / static_cast<double>(whole->step)) + 1;
  } else {
    const auto& real = std::get<FloatDistribution>(distribution);
    low_ = real.low;
    high = real.high;
    log_ = real.log;
    if (real.step) steps = std::nearbyint((high - low_) / *real.step) + 1;
  }
  if (log_) {
    low_ = std::log(low_);
    high = std::log(high);
  }
  size_ = static_cast<size_t>(std::min(steps, kMostSteps));
  step_ = (high - low_) / static_cast<double>(size_ - 1);
}

std::vector<double> Grid::Count(std::span<const double> values) const {
  std::vector<double> counts(size_);
  const double last = static_cast<double>(size_) - 1;
  for (const double value : values) {
    const double index = is_categorical_ ? value : std::ceil(((log_ ? std::log(value) : value) - low_) / step_ - 0.5);
    ++counts[index > 0 ? static_cast<size_t>(std::min(index, last)) : 0];  // NaN, where the range is too narrow for steps: 0
  }
  return counts;
}

std::vector<double> Density(bool is_categorical, std::span<const double> counts) {
  std::vector<double> points, weights;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    points.push_back(static_cast<double>(i));
    weights.push_back(counts[i]);
  }
  if (is_categorical) return DensityOfChoices(counts, static_cast<double>(points.size()));
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0) + kPriorWeight;
  const double high = static_cast<double>(counts.size()) - 1;
  std::vector<double> density(counts.size(), 0.0);
  const auto add_kernel = [&](double mean, double deviation, double weight) {
    const double inside = Mass((-0.5 - mean) / deviation, (high + 0.5 - mean) / deviation);
    for (size_t i = 0; i < density.size(); ++i) {
      const double x = static_cast<double>(i);
      density[i] += weight * Mass((x - 0.5 - mean) / deviation, (x + 0.5 - mean) / deviation) / inside;
    }
  };
  const double width = Bandwidth(points, weights);
  for (size_t k = 0; k < points.size(); ++k) add_kernel(points[k], width, weights[k] / total);
  add_kernel(high / 2, high + 1, kPriorWeight / total);
  return density;
}

double Divergence(const Grid& grid, std::span<const double> some, std::span<const double> all) {
  const std::vector<double> top = Density(grid.is_categorical(), grid.Count(some));
  const std::vector<double> local = Density(grid.is_categorical(), grid.Count(all));
  double divergence = 0;
  for (size_t i = 0; i < top.size(); ++i) {
    const double ratio = (top[i] + kDensityFloor) / (local[i] + kDensityFloor);
    divergence += (local[i] + kDensityFloor) * (ratio - 1) * (ratio - 1);
  }
  return divergence;
}

}  // namespace parzen::importance
