// The log density of a KernelMixture, and which kernels it needs.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "sampler/tpe/byte_filter.h"
#include "sampler/tpe/kernel_mixture.h"
#include "sampler/tpe/normal.h"

namespace parzen::tpe {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// What is left out adds less than this part of the prior's share, all together: exp(-32.3).
constexpr double kLogNegligible = 32.3;
// A kernel centred within its range has at least P(0 < Z < 1) of its mass there, for no bandwidth exceeds the range: -log of it.
constexpr double kLogLeastMass = 1.0752;
// Fewer slots are all looked at.
constexpr size_t kFilterFrom = 192;

}  // namespace

double KernelMixture::LogScale(int32_t slot) {
  double& scale = log_scales_[slot];
  if (!std::isnan(scale)) return scale;
  scale = 0;
  for (size_t d : continuous_) {
    const double inverse = inverse_bandwidths_[slot * dimension_count() + d];
    scale += std::log(inverse) - kLogSqrtTwoPi - dimensions_[d].LogMassWithin(Coordinate(slot, d), inverse);
  }
  for (size_t d : grid_) {
    scale -= dimensions_[d].LogMassWithin(Coordinate(slot, d), inverse_bandwidths_[slot * dimension_count() + d]);
  }
  return scale;
}

void KernelMixture::SetCandidate(const ValueTable& candidates, size_t i, Candidate* candidate) const {
  const size_t n = dimension_count();
  candidate->x.resize(n);
  candidate->left.resize(n);
  candidate->right.resize(n);
  candidate->position.assign(n, 0);
  candidate->reach.assign(n, 255);
  candidate->prior = size_ == 0 ? 0 : std::log(settings_.prior_weight);
  for (size_t d = 0; d < n; ++d) {
    const Dimension& dimension = dimensions_[d];
    const double value = candidates[d][i];
    candidate->x[d] = dimension.categorical ? value : dimension.ToInner(value);
    if (dimension.categorical) {
      candidate->prior -= std::log(static_cast<double>(dimension.choices));
      continue;
    }
    const double range = dimension.inner_high - dimension.inner_low,
                 mu = std::midpoint(dimension.inner_low, dimension.inner_high);
    static const double kLogPriorMass = LogMass(-0.5, 0.5);
    const double scaled = (candidate->x[d] - dimension.inner_low) / range * 256;
    candidate->position[d] = static_cast<uint8_t>(std::clamp(std::floor(scaled), 0.0, 255.0));
    if (dimension.step == 0) {
      const double z = (candidate->x[d] - mu) / range;
      candidate->prior += -0.5 * z * z - std::log(range) - kLogSqrtTwoPi - kLogPriorMass;
    } else {
      candidate->left[d] = dimension.ToInner(value - dimension.step / 2);
      candidate->right[d] = dimension.ToInner(value + dimension.step / 2);
      candidate->prior += LogMass((candidate->left[d] - mu) / range, (candidate->right[d] - mu) / range) - kLogPriorMass;
    }
  }
  SetReach(candidate);
}

void KernelMixture::SetReach(Candidate* candidate) const {
  candidate->limit = kInfinity;
  if (outside_ > 0 || candidate->prior == -kInfinity) return;
  double greatest = hit_log_ + std::log(total_weight_);  // bounds the log of all kernels' weights times their greatest densities
  for (size_t d : continuous_) greatest += -std::log(least_[d]) - kLogSqrtTwoPi + kLogLeastMass;
  greatest += static_cast<double>(grid_.size()) * kLogLeastMass;
  candidate->limit = std::max(0.0, 2 * (greatest - candidate->prior + kLogNegligible));
  const double z = std::sqrt(candidate->limit);
  for (size_t d = 0; d < dimension_count(); ++d) {
    const Dimension& dimension = dimensions_[d];
    if (dimension.categorical) continue;
    // A cell counts from its nearer edge. Positions that differ by k are more than k - 1 parts of 256 apart.
    const double half =
        dimension.step == 0 ? 0 : std::max(candidate->right[d] - candidate->x[d], candidate->x[d] - candidate->left[d]);
    const double parts = std::ceil((z * least_[d] + half) * 256 / (dimension.inner_high - dimension.inner_low));
    candidate->reach[d] = static_cast<uint8_t>(std::min(parts, 255.0));
  }
}

double KernelMixture::SquaredDistance(int32_t slot, const Candidate& candidate) {
  const size_t n = dimension_count();
  const double* mu = &coordinates_[slot * n];
  const double* inverse = &inverse_bandwidths_[slot * n];
  double sum = 0;
  for (size_t c = 0; c < continuous_.size(); ++c) {
    const size_t d = continuous_[c];
    const double z = (candidate.x[d] - mu[d]) * inverse[d];
    sum += z * z;
    if (c % 4 == 3 && sum > candidate.limit) return sum;
  }
  for (size_t d : categorical_) {
    if (mu[d] != candidate.x[d]) sum += miss_penalty_[d];
  }
  for (size_t d : grid_) {
    // The mass of a cell whose nearer edge is z away is at most exp(-z^2 / 2).
    const double z = std::max({candidate.left[d] - mu[d], mu[d] - candidate.right[d], 0.0}) * inverse[d];
    if (sum + z * z > candidate.limit) return sum + z * z;
    sum += cell_masses_.SquaredDistance(candidate.left[d], candidate.right[d], mu[d], inverse[d]);
  }
  return sum;
}

void KernelMixture::EvaluateSlot(int32_t slot, const Candidate& candidate, std::vector<Term>* terms) {
  const double distance = SquaredDistance(slot, candidate);
  if (distance > candidate.limit || distance == kInfinity) return;
  terms->push_back({LogScale(slot) + hit_log_ - 0.5 * distance, Weight(ranks_[slot])});
}

void KernelMixture::EvaluateAll(const Candidate& candidate, std::vector<Term>* terms) {
  for (size_t slot = 0; slot < rows_.size(); ++slot) {
    if (alive_[slot]) EvaluateSlot(static_cast<int32_t>(slot), candidate, terms);
  }
}

void KernelMixture::EvaluateNear(const Candidate& candidate, std::vector<Term>* terms) {
  std::vector<ByteFilter> filters;  // of the numerical dimensions in which something can be out of reach
  for (size_t d = 0; d < dimension_count(); ++d) {
    if (!IsNumerical(d) || candidate.reach[d] == 255) continue;
    filters.emplace_back(positions_[d].data(), narrow_[d].data(), candidate.position[d], candidate.reach[d]);
  }
  if (filters.empty()) return EvaluateAll(candidate, terms);
  const uint8_t* alive = alive_.data();
  for (size_t block = 0, end = rows_.size(); block < end; block += ByteFilter::kBlock) {
    for (uint32_t near = NearSlots(alive, filters, block); near != 0; near &= near - 1) {
      EvaluateSlot(static_cast<int32_t>(block + static_cast<size_t>(__builtin_ctz(near))), candidate, terms);
    }
  }
}

double KernelMixture::LogMean(const Candidate& candidate, const std::vector<Term>& terms) const {
  double largest = candidate.prior;
  for (const Term& term : terms) largest = std::max(largest, term.log_density);
  if (largest == -kInfinity) return -kInfinity;
  double sum = std::exp(candidate.prior - largest);
  for (const Term& term : terms) sum += term.weight * std::exp(term.log_density - largest);
  return std::log(sum) + largest - std::log(size_ == 0 ? 1.0 : total_weight_ + settings_.prior_weight);
}

std::vector<double> KernelMixture::LogDensity(const ValueTable& candidates) {
  UpdateRanks();
  const size_t n = candidates[0].size();
  const bool by_sums = HasSums();
  if (by_sums) PrepareSums();
  if (!by_sums && OneContinuous()) PrepareAmplitudes();
  std::vector<double> result(n);
  std::vector<Term> terms;
  Candidate candidate;
  const bool discrete = dimension_count() == 1 && continuous_.empty();
  for (size_t i = 0; i < n; ++i) {
    if (discrete) {  // few values: many candidates are alike
      const auto begin = candidates[0].begin(), alike = std::find(begin, begin + static_cast<int64_t>(i), candidates[0][i]);
      if (alike != begin + static_cast<int64_t>(i)) {
        result[i] = result[static_cast<size_t>(alike - begin)];
        continue;
      }
    }
    SetCandidate(candidates, i, &candidate);
    if (by_sums) {
      result[i] = LogDensityBySums(candidate);
      continue;
    }
    if (OneContinuous() && candidate.prior > -kInfinity) {
      result[i] = LogDensityByAmplitudes(candidate);
      continue;
    }
    terms.clear();
    if (rows_.size() < kFilterFrom || candidate.limit == kInfinity) {
      EvaluateAll(candidate, &terms);
    } else {
      EvaluateNear(candidate, &terms);
    }
    result[i] = LogMean(candidate, terms);
  }
  return result;
}

}  // namespace parzen::tpe
