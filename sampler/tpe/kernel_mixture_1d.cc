// A KernelMixture of one dimension: kernels that are alike are summed once, not for each candidate.

#include <algorithm>
#include <cmath>

#include "sampler/tpe/fast_exp.h"
#include "sampler/tpe/kernel_mixture.h"
#include "sampler/tpe/normal.h"

namespace parzen::tpe {
namespace {

constexpr int64_t kFlat = 25;
// So many observations are worth sums; beyond so many distinct values a grid is not.
constexpr size_t kSumsFrom = 512, kMostValues = 4096;

}  // namespace

bool KernelMixture::HasSums() const {
  if (dimension_count() != 1 || size_ < kSumsFrom || weighting_ != Weighting::kRamp || settings_.prior_weight <= 0) return false;
  if (dimensions_[0].categorical) return true;
  if (!settings_.consider_magic_clip || outside_ > 0) return false;
  return dimensions_[0].step == 0 || dimensions_[0].GridSize() <= static_cast<double>(kMostValues);
}

void KernelMixture::CountInSums(int32_t slot, int32_t rank) {
  int32_t& counted = summed_ranks_[slot];
  if (counted == rank) return;
  const double x = Coordinate(slot, 0);
  if (counts_) {
    const size_t value = dimensions_[0].GridIndex(x);
    if (counted >= 0) counts_->Subtract(value, counted);
    if (rank >= 0) counts_->Add(value, rank);
  } else {
    const double amplitude = std::exp(-dimensions_[0].LogMassWithin(x, 1 / least_[0]));
    if (counted >= 0) moments_->Subtract(x, amplitude, counted);
    if (rank >= 0) moments_->Add(x, amplitude, rank);
  }
  counted = rank;
}

void KernelMixture::PrepareSums() {
  if (!moments_ && !counts_) {
    if (OneContinuous()) {
      moments_.emplace(dimensions_[0].inner_low, dimensions_[0].inner_high, least_[0]);
    } else {
      counts_.emplace(static_cast<size_t>(dimensions_[0].GridSize()));
    }
    std::fill(summed_ranks_.begin(), summed_ranks_.end(), -1);
    summed_from_ = 0;
  }
  const bool categorical = dimensions_[0].categorical;
  auto count = [&](size_t slot) {
    const bool summed = alive_[slot] && (categorical || narrow_[0][slot]);
    CountInSums(static_cast<int32_t>(slot), summed ? ranks_[slot] : -1);
  };
  for (int32_t slot : touched_) count(slot);
  for (size_t slot = summed_from_; slot < rows_.size(); ++slot) count(slot);
  touched_.clear();
  summed_from_ = rows_.size();
  if (moments_) moments_->SetWeights(ramp_first_, ramp_step_);
}

double KernelMixture::SumOfValues(const Candidate& candidate, double unit) {
  double sum = 0;
  if (dimensions_[0].categorical) {
    for (size_t value = 0; value < counts_->size(); ++value) {
      if (!counts_->Any(value)) continue;
      const double distance = static_cast<double>(value) == candidate.x[0] ? 0 : miss_penalty_[0];
      sum += counts_->Weight(value, ramp_first_, ramp_step_) * std::exp(hit_log_ - 0.5 * distance - unit);
    }
    return sum;
  }
  for (size_t value = 0; value < counts_->size(); ++value) {
    if (!counts_->Any(value)) continue;
    const double mu = dimensions_[0].GridCoordinate(value), inverse = 1 / least_[0];
    const double z = std::max({candidate.left[0] - mu, mu - candidate.right[0], 0.0}) * inverse;
    if (z * z > candidate.limit) continue;
    const double distance = cell_masses_.SquaredDistance(candidate.left[0], candidate.right[0], mu, inverse);
    if (distance > candidate.limit) continue;
    const double log_density = -0.5 * distance - dimensions_[0].LogMassWithin(mu, inverse);
    sum += counts_->Weight(value, ramp_first_, ramp_step_) * std::exp(log_density - unit);
  }
  return sum;
}

double KernelMixture::LogDensityBySums(const Candidate& candidate) {
  // All relative to a continuous kernel of the least bandwidth, but for its mass; else to 1.
  const double unit = OneContinuous() ? -std::log(least_[0]) - kLogSqrtTwoPi : 0;
  double sum = std::exp(candidate.prior - unit);
  sum += moments_ ? moments_->Evaluate(candidate.x[0], std::sqrt(candidate.limit)) : SumOfValues(candidate, unit);
  auto density = [&](int32_t slot) {
    const double distance = SquaredDistance(slot, candidate);
    return distance > candidate.limit ? 0 : std::exp(LogScale(slot) + hit_log_ - 0.5 * distance - unit);
  };
  for (int32_t slot : wide_) sum += Weight(ranks_[slot]) * density(slot);
  // The sums hold the ramp's weights; the newest kernels weigh 1.
  int64_t left = kFlat;
  for (size_t slot = rows_.size(); slot-- > 0 && left > 0;) {
    if (!alive_[slot]) continue;
    --left;
    if (summed_ranks_[slot] < 0) continue;
    sum += (1 - (ramp_first_ + ranks_[slot] * ramp_step_)) * density(static_cast<int32_t>(slot));
  }
  return std::log(sum) + unit - std::log(total_weight_ + settings_.prior_weight);
}

void KernelMixture::PrepareAmplitudes() {
  amplitude_unit_ = -std::log(dimensions_[0].inner_high - dimensions_[0].inner_low);
  for (size_t slot = 0; slot < rows_.size(); ++slot) {
    if (alive_[slot]) amplitude_unit_ = std::max(amplitude_unit_, LogScale(static_cast<int32_t>(slot)));
  }
  packed_.clear();
  for (size_t slot = 0; slot < rows_.size(); ++slot) {
    if (!alive_[slot]) continue;
    const double scale = LogScale(static_cast<int32_t>(slot));
    packed_.mu.push_back(coordinates_[slot]);
    packed_.inverse.push_back(inverse_bandwidths_[slot]);
    packed_.amplitude.push_back(Weight(ranks_[slot]) * std::exp(scale - amplitude_unit_));
  }
  if (packed_.mu.size() % 2 != 0) {
    packed_.mu.push_back(0);
    packed_.inverse.push_back(0);
    packed_.amplitude.push_back(0);
  }
}

double KernelMixture::LogDensityByAmplitudes(const Candidate& candidate) const {
  const double x = candidate.x[0];
  Pair sums = {};
  for (size_t i = 0; i < packed_.mu.size(); i += 2) {
    const Pair z = (x - LoadPair(&packed_.mu[i])) * LoadPair(&packed_.inverse[i]);
    sums += LoadPair(&packed_.amplitude[i]) * ExpOfNegative(-0.5 * z * z);
  }
  const double sum = std::exp(candidate.prior - amplitude_unit_) + (sums[0] + sums[1]);
  return std::log(sum) + amplitude_unit_ - std::log(size_ == 0 ? 1.0 : total_weight_ + settings_.prior_weight);
}

}  // namespace parzen::tpe
