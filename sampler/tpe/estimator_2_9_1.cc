#include "sampler/tpe/estimator_2_9_1.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "sampler/tpe/normal.h"
#include "sampler/tpe/numpy_sum.h"

namespace parzen::tpe {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kEpsilon = 1e-12;
// Scott's rule has this factor before n^(-1 / (d + 4)) of the range.
constexpr double kScottFactor = 0.2;

double Cdf(double x, double mu, double sigma) {
  return 0.5 * (1 + std::erf((x - mu) / std::max(std::sqrt(2.0) * sigma, kEpsilon)));
}

double LogSumExp(std::span<const double> values) {
  double largest = *std::max_element(values.begin(), values.end());
  if (!std::isfinite(largest)) largest = 0;
  std::vector<double> scaled;
  for (double value : values) scaled.push_back(std::exp(value - largest));
  return std::log(NumpySum(scaled)) + largest;
}

}  // namespace

ParzenEstimator2_9_1::ParzenEstimator2_9_1(const std::vector<Dimension>& dimensions, const ValueTable& observations,
                                           std::vector<double> weights, const TpeSettings& settings)
    : dimensions_(dimensions),
      settings_(settings),
      prior_(settings.consider_prior || observations[0].empty()),
      weights_(std::move(weights)) {
  if (prior_) weights_.push_back(settings.prior_weight);
  const double total = NumpySum(weights_);
  for (double& weight : weights_) weight /= total;
  for (size_t d = 0; d < dimensions.size(); ++d) {
    if (dimensions[d].categorical) {
      kernels_.emplace_back().choices = MakeChoiceKernels(dimensions[d].choices, observations[d], prior_, settings.prior_weight);
    } else {
      kernels_.push_back(MakeNumerical(dimensions[d], observations[d]));
    }
  }
}

ParzenEstimator2_9_1::Kernels ParzenEstimator2_9_1::MakeNumerical(const Dimension& dimension,
                                                                  const std::vector<double>& observations) const {
  const double low = dimension.inner_low, high = dimension.inner_high;
  Kernels kernels;
  for (double observation : observations) kernels.mu.push_back(dimension.ToInner(observation));
  if (prior_) kernels.mu.push_back(std::midpoint(low, high));
  if (settings_.multivariate) {
    const double n = static_cast<double>(std::max<size_t>(observations.size(), 1));
    const double scale = kScottFactor * std::pow(n, -1.0 / static_cast<double>(dimensions_.size() + 4));
    kernels.sigma.assign(kernels.mu.size(), scale * (high - low));
  } else {
    kernels.sigma = NeighbourDistances(kernels.mu, low, high, settings_.consider_endpoints, Ties::kNumpyScalar);
  }
  const double least =
      settings_.consider_magic_clip ? (high - low) / std::min(100.0, 1.0 + static_cast<double>(kernels.mu.size())) : kEpsilon;
  for (double& sigma : kernels.sigma) sigma = std::min(std::max(sigma, least), high - low);
  if (prior_) kernels.sigma.back() = high - low;
  return kernels;
}

ValueTable ParzenEstimator2_9_1::Sample(int32_t n, UniformSource uniform) const {
  std::vector<double> quantiles(n), cdf(weights_.size());
  uniform(quantiles);
  std::partial_sum(weights_.begin(), weights_.end(), cdf.begin());
  for (double& c : cdf) c /= cdf.back();
  std::vector<size_t> active(n);
  for (int32_t i = 0; i < n; ++i) {
    const size_t found = std::upper_bound(cdf.begin(), cdf.end(), quantiles[i]) - cdf.begin();
    active[i] = std::min(found, cdf.size() - 1);
  }
  constexpr int kRedraws = 100;  // a candidate on the upper bound after so many draws stays there
  ValueTable samples(dimensions_.size(), std::vector<double>(n));
  for (size_t d = 0; d < dimensions_.size(); ++d) {
    const Dimension& dimension = dimensions_[d];
    std::vector<double>& drawn = samples[d];
    if (dimension.categorical) {
      uniform(quantiles);
      for (int32_t i = 0; i < n; ++i) {
        drawn[i] = kernels_[d].choices.Quantile(active[i], dimension.choices, quantiles[i]);
      }
      continue;
    }
    const double low = dimension.inner_low, high = dimension.inner_high;
    std::fill(drawn.begin(), drawn.end(), high);
    for (int redraw = 0; redraw < kRedraws && *std::max_element(drawn.begin(), drawn.end()) >= high; ++redraw) {
      uniform(quantiles);
      for (int32_t i = 0; i < n; ++i) {
        if (drawn[i] < high) continue;
        const double mu = kernels_[d].mu[active[i]], sigma = kernels_[d].sigma[active[i]];
        drawn[i] = TruncatedQuantile(quantiles[i], (low - mu) / sigma, (high - mu) / sigma) * sigma + mu;
      }
    }
    for (double& x : drawn) x = dimension.FromInner(x);
  }
  return samples;
}

void ParzenEstimator2_9_1::AddLogDensities(const Dimension& dimension, const Kernels& kernels, double value,
                                           std::span<double> sums) const {
  if (dimension.categorical) {
    for (size_t k = 0; k < sums.size(); ++k) sums[k] += std::log(kernels.choices.Weight(k, static_cast<int64_t>(value)));
    return;
  }
  const double low = dimension.inner_low, high = dimension.inner_high;
  for (size_t k = 0; k < sums.size(); ++k) {
    const double mu = kernels.mu[k], sigma = kernels.sigma[k];
    const double mass = Cdf(high, mu, sigma) - Cdf(low, mu, sigma);
    if (!OnGrid(dimension)) {
      const double z = (dimension.ToInner(value) - mu) / std::max(sigma, kEpsilon);
      sums[k] += -0.5 * z * z + std::log(1 / (std::sqrt(2 * M_PI) * sigma) / mass);
    } else {
      const double upper = std::min(value + dimension.step / 2, high), lower = std::max(value - dimension.step / 2, low);
      sums[k] += std::log(Cdf(upper, mu, sigma) - Cdf(lower, mu, sigma) + kEpsilon) - std::log(mass + kEpsilon);
    }
  }
}

std::vector<double> ParzenEstimator2_9_1::LogDensity(const ValueTable& candidates) const {
  const size_t n = candidates[0].size();
  std::vector<double> result(n), sums(weights_.size());
  for (size_t i = 0; i < n; ++i) {
    if (dimensions_.size() == 1 && dimensions_[0].categorical) {
      double density = 0;
      for (size_t k = 0; k < weights_.size(); ++k)
        density += weights_[k] * kernels_[0].choices.Weight(k, static_cast<int64_t>(candidates[0][i]));
      result[i] = std::log(density);
      continue;
    }
    std::fill(sums.begin(), sums.end(), 0.0);
    for (size_t d = 0; d < dimensions_.size(); ++d) AddLogDensities(dimensions_[d], kernels_[d], candidates[d][i], sums);
    for (size_t k = 0; k < sums.size(); ++k) sums[k] += std::log(weights_[k]);
    result[i] = LogSumExp(sums);
  }
  return result;
}

}  // namespace parzen::tpe
