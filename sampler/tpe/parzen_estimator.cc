#include "sampler/tpe/parzen_estimator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "absl/container/flat_hash_map.h"
#include "sampler/numpy_sort.h"
#include "sampler/tpe/normal.h"
#include "sampler/tpe/numpy_sum.h"
#include "sampler/tpe/optuna_normal.h"

namespace parzen::tpe {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// The least bandwidth without consider_magic_clip.
constexpr double kLeastBandwidth = 1e-12;

std::vector<double> RampWeights(size_t n) {
  constexpr size_t kFlat = 25;
  std::vector<double> weights(n, 1.0);
  if (n <= kFlat) return weights;
  const size_t ramp = n - kFlat;
  const double first = 1.0 / static_cast<double>(n);
  const double step = ramp > 1 ? (1 - first) / static_cast<double>(ramp - 1) : 0;
  for (size_t i = 0; i < ramp; ++i) weights[i] = first + static_cast<double>(i) * step;
  if (ramp > 1) weights[ramp - 1] = 1;
  return weights;
}

std::vector<int32_t> ArgsortObservations(std::span<const double> values, Ties ties) {
  if (ties == Ties::kNumpyScalar) return ArgsortScalar(values);
  if (ties == Ties::kNumpySimd) return ArgsortSimd(values);
  std::vector<int32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [values](int32_t a, int32_t b) { return values[a] < values[b]; });
  return order;
}

std::vector<double> NeighbourDistances(std::span<const double> mus, double low, double high, bool consider_endpoints, Ties ties) {
  const std::vector<int32_t> order = ArgsortObservations(mus, ties);
  const size_t n = mus.size();
  std::vector<double> distances(n);
  const bool endpoints = consider_endpoints || n < 2;
  for (size_t i = 0; i < n; ++i) {
    const double mu = mus[order[i]];
    const double left = i > 0 ? mu - mus[order[i - 1]] : mu - low;
    const double right = i + 1 < n ? mus[order[i + 1]] - mu : high - mu;
    const bool inner_only = !endpoints && (i == 0 || i + 1 == n);
    distances[order[i]] = !inner_only ? std::max(left, right) : i == 0 ? right : left;
  }
  return distances;
}

ChoiceKernels MakeChoiceKernels(int64_t choices, std::span<const double> observations, bool prior, double prior_weight) {
  const double base = prior_weight / static_cast<double>(observations.size() + prior);
  ChoiceKernels kernels;
  // What a row of weights sums to depends, in the last bits, on where the observed choice stands in it.
  absl::flat_hash_map<int64_t, double> totals;
  std::vector<double> row(choices, base);
  for (double observation : observations) {
    const int64_t choice = std::min(static_cast<int64_t>(observation), choices - 1);
    const auto [total, is_new] = totals.try_emplace(choice, 0.0);
    if (is_new) {
      row[choice] = base + 1;
      total->second = NumpySum(row);
      row[choice] = base;
    }
    kernels.choice.push_back(choice);
    kernels.hit.push_back((base + 1) / total->second);
    kernels.miss.push_back(base / total->second);
  }
  if (prior) {
    const double total = NumpySum(row);
    kernels.choice.push_back(-1);
    kernels.hit.push_back(0);
    kernels.miss.push_back(observations.empty() ? 1.0 / static_cast<double>(choices) : base / (total == 0 ? 1 : total));
  }
  return kernels;
}

double ChoiceKernels::Quantile(size_t kernel, int64_t choices, double quantile) const {
  double cumulated = 0;
  for (int64_t of = 0; of + 1 < choices; ++of) {
    cumulated += Weight(kernel, of);
    if (cumulated >= quantile) return static_cast<double>(of);
  }
  return static_cast<double>(choices - 1);
}

ParzenEstimator::ParzenEstimator(const std::vector<Dimension>& dimensions, const ValueTable& observations,
                                 std::vector<double> weights, const TpeSettings& settings)
    : dimensions_(dimensions), settings_(settings), weights_(std::move(weights)) {
  weights_.push_back(weights_.empty() ? 1.0 : settings.prior_weight);
  const double total = NumpySum(weights_);
  for (double& weight : weights_) {
    weight /= total;
    log_weights_.push_back(std::log(weight));
  }
  for (size_t d = 0; d < dimensions.size(); ++d) {
    if (dimensions[d].categorical) {
      kernels_.emplace_back().choices = MakeChoiceKernels(dimensions[d].choices, observations[d], true, settings.prior_weight);
    } else {
      kernels_.push_back(MakeNumerical(dimensions[d], observations[d]));
    }
  }
}

ParzenEstimator::Kernels ParzenEstimator::MakeNumerical(const Dimension& dimension, std::span<const double> observations) const {
  const double low = dimension.inner_low, high = dimension.inner_high;
  Kernels kernels;
  for (double observation : observations) kernels.mu.push_back(dimension.ToInner(observation));
  kernels.sigma = NeighbourDistances(kernels.mu, low, high, settings_.consider_endpoints, settings_.ties);
  const double n_kernels = static_cast<double>(observations.size() + 1);
  const double least = settings_.consider_magic_clip ? (high - low) / std::min(100.0, 1.0 + n_kernels) : kLeastBandwidth;
  for (double& sigma : kernels.sigma) sigma = std::min(std::max(sigma, least), high - low);
  kernels.mu.push_back(std::midpoint(low, high));
  kernels.sigma.push_back(high - low);
  for (size_t k = 0; k < kernels.mu.size(); ++k) {
    const double mu = kernels.mu[k], sigma = kernels.sigma[k];
    kernels.log_mass.push_back(OptunaLogMass((low - mu) / sigma, (high - mu) / sigma));
    kernels.log_sigma.push_back(std::log(sigma));
  }
  return kernels;
}

ValueTable ParzenEstimator::Sample(int32_t n, UniformSource uniform) const {
  std::vector<double> quantiles(n), cdf(weights_.size());
  uniform(quantiles);
  std::partial_sum(weights_.begin(), weights_.end(), cdf.begin());
  for (double& c : cdf) c /= cdf.back();
  std::vector<int32_t> active(n);
  for (int32_t i = 0; i < n; ++i) {
    const auto found = std::upper_bound(cdf.begin(), cdf.end(), quantiles[i]) - cdf.begin();
    active[i] = static_cast<int32_t>(std::min<int64_t>(found, static_cast<int64_t>(cdf.size()) - 1));
  }
  ValueTable samples(dimensions_.size(), std::vector<double>(n));
  for (const bool categorical : {true, false}) {
    for (size_t d = 0; d < dimensions_.size(); ++d) {
      const Dimension& dimension = dimensions_[d];
      if (dimension.categorical != categorical) continue;
      uniform(quantiles);
      for (int32_t i = 0; i < n; ++i) {
        if (categorical) {
          samples[d][i] = kernels_[d].choices.Quantile(active[i], dimension.choices, quantiles[i]);
          continue;
        }
        const double mu = kernels_[d].mu[active[i]], sigma = kernels_[d].sigma[active[i]];
        const double z = TruncatedQuantile(quantiles[i], (dimension.inner_low - mu) / sigma, (dimension.inner_high - mu) / sigma);
        samples[d][i] = dimension.FromInner(z * sigma + mu);
      }
    }
  }
  return samples;
}

void ParzenEstimator::AddChoice(const ChoiceKernels& kernels, int64_t choice, std::span<double> sums) {
  double last = 1, log_last = 0;  // weights repeat
  for (size_t k = 0; k < sums.size(); ++k) {
    const double weight = kernels.Weight(k, choice);
    if (weight != last) log_last = std::log(last = weight);
    sums[k] += log_last;
  }
}

void ParzenEstimator::AddCell(const Dimension& dimension, const Kernels& kernels, double value, std::span<double> sums) {
  const double left = dimension.ToInner(value - dimension.step / 2), right = dimension.ToInner(value + dimension.step / 2);
  for (size_t k = 0; k < sums.size(); ++k) {
    const double mu = kernels.mu[k], sigma = kernels.sigma[k];
    sums[k] += OptunaLogMass((left - mu) / sigma, (right - mu) / sigma);
    sums[k] -= kernels.log_mass[k];
  }
}

double ParzenEstimator::Continuous(const Dimension& dimension, const Kernels& kernels, size_t kernel, double x) {
  if (x < dimension.inner_low || x > dimension.inner_high) return -kInfinity;
  const double z = (x - kernels.mu[kernel]) / kernels.sigma[kernel];
  return -(z * z) / 2 - kLogSqrtTwoPi - kernels.log_mass[kernel] - kernels.log_sigma[kernel];
}

std::vector<double> ParzenEstimator::LogDensity(const ValueTable& candidates) const {
  const size_t n = candidates[0].size(), n_kernels = weights_.size();
  std::vector<size_t> continuous;
  for (size_t d = 0; d < dimensions_.size(); ++d) {
    if (!dimensions_[d].categorical && dimensions_[d].step == 0) continuous.push_back(d);
  }
  std::vector<double> result(n), sums(n_kernels), terms(continuous.size());
  for (size_t i = 0; i < n; ++i) {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (size_t d = 0; d < dimensions_.size(); ++d) {
      if (dimensions_[d].categorical) {
        AddChoice(kernels_[d].choices, static_cast<int64_t>(candidates[d][i]), sums);
      } else if (dimensions_[d].step != 0) {
        AddCell(dimensions_[d], kernels_[d], candidates[d][i], sums);
      }
    }
    for (size_t k = 0; k < n_kernels; ++k) {
      for (size_t c = 0; c < continuous.size(); ++c) {
        const size_t d = continuous[c];
        terms[c] = Continuous(dimensions_[d], kernels_[d], k, dimensions_[d].ToInner(candidates[d][i]));
      }
      sums[k] += NumpySum(terms);
      sums[k] += log_weights_[k];
    }
    double largest = *std::max_element(sums.begin(), sums.end());
    if (largest == -kInfinity) largest = 0;
    for (double& sum : sums) sum = std::exp(sum - largest);
    result[i] = std::log(NumpySum(sums)) + largest;
  }
  return result;
}

}  // namespace parzen::tpe
