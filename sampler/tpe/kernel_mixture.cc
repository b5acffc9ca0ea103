// Keeping the kernels; kernel_mixture_density.cc evaluates them.

#include "sampler/tpe/kernel_mixture.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "sampler/tpe/byte_filter.h"
#include "sampler/tpe/normal.h"

namespace parzen::tpe {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kFlat = 25;  // the newest observations, whose weight is 1
// So many additions at once are sorted, not inserted.
constexpr size_t kBulk = 32;

// The quantile of a categorical kernel: `base` on every choice and 1 more on the observed one (-1: none), in closed form.
double SampleChoice(int64_t observed, double choices, double base, double quantile) {
  const double last = choices - 1;
  if (observed < 0) return std::min(std::floor(quantile * choices), last);
  const double mass = quantile * (1 + choices * base), before = static_cast<double>(observed) * base;
  if (mass < before) return std::min(std::floor(mass / base), last);
  if (mass <= before + 1 + base || base == 0) return static_cast<double>(observed);
  return std::min(std::floor((mass - 1) / base), last);
}

size_t Padded(size_t n) { return (n + ByteFilter::kBlock - 1) / ByteFilter::kBlock * ByteFilter::kBlock; }

}  // namespace

KernelMixture::KernelMixture(std::vector<Dimension> dimensions, const TpeSettings& settings, Weighting weighting)
    : dimensions_(std::move(dimensions)),
      settings_(settings),
      weighting_(weighting),
      sorted_(dimensions_.size()),
      positions_(dimensions_.size()),
      narrow_(dimensions_.size()),
      least_(dimensions_.size(), 0),
      miss_penalty_(dimensions_.size(), 0) {
  for (size_t d = 0; d < dimensions_.size(); ++d) {
    (dimensions_[d].categorical ? categorical_ : dimensions_[d].step == 0 ? continuous_ : grid_).push_back(d);
  }
  SizeChanged();
}

std::optional<int32_t> KernelMixture::FindSlot(int32_t row) const {
  const auto found = std::lower_bound(rows_.begin(), rows_.end(), row);
  if (found == rows_.end() || *found != row) return std::nullopt;
  return static_cast<int32_t>(found - rows_.begin());
}

bool KernelMixture::Contains(int32_t row) const {
  const std::optional<int32_t> slot = FindSlot(row);
  return slot && alive_[*slot];
}

std::vector<int32_t> KernelMixture::Rows() const {
  std::vector<int32_t> rows;
  for (size_t slot = 0; slot < rows_.size(); ++slot) {
    if (alive_[slot]) rows.push_back(rows_[slot]);
  }
  return rows;
}

bool KernelMixture::Holds(const Observation& observation) const {
  const std::optional<int32_t> slot = FindSlot(observation.row);
  if (!slot || !alive_[*slot]) return false;
  for (size_t d = 0; d < dimension_count(); ++d) {
    const double value = observation.values[d];
    if (Coordinate(*slot, d) != (IsNumerical(d) ? dimensions_[d].ToInner(value) : value)) return false;
  }
  return true;
}

void KernelMixture::Apply(const std::vector<int32_t>& removed, const std::vector<Observation>& added) {
  if (removed.empty() && added.empty()) return;
  // A row between others that has no slot makes all slots move.
  bool rebuild = added.size() > kBulk + size_ / 8 || removed.size() > kBulk + size_ / 8 || rows_.size() > 64 + 2 * size_;
  int32_t last = rows_.empty() ? -1 : rows_.back();
  for (const Observation& observation : added) {
    if (observation.row > last) {
      last = observation.row;
    } else {
      rebuild |= !FindSlot(observation.row);
    }
  }
  for (int32_t row : removed) {
    const int32_t slot = *FindSlot(row);
    if (!rebuild) LeaveSorted(slot);
    alive_[slot] = 0;
    --size_;
    RanksChangedFrom(slot);
    wide_.erase(slot);
  }
  if (rebuild) {
    RebuildAll(added);
    return;
  }
  for (const Observation& observation : added) {
    if (rows_.empty() || observation.row > rows_.back()) {
      AppendSlot(observation);
    } else {
      Revive(*FindSlot(observation.row), observation);
    }
  }
  SizeChanged();
}

void KernelMixture::AppendSlot(const Observation& observation) {
  const int32_t slot = static_cast<int32_t>(rows_.size());
  const size_t padded = Padded(rows_.size() + 1), n = dimension_count();
  rows_.push_back(observation.row);
  alive_.resize(padded, 0);
  ranks_.push_back(0);
  summed_ranks_.push_back(-1);
  log_scales_.push_back(kUnknown);
  coordinates_.resize(coordinates_.size() + n);
  inverse_bandwidths_.resize(inverse_bandwidths_.size() + n);
  for (size_t d = 0; d < n; ++d) {
    positions_[d].resize(padded, 0);
    narrow_[d].resize(padded, 0);
  }
  Revive(slot, observation);
}

void KernelMixture::Revive(int32_t slot, const Observation& observation) {
  alive_[slot] = 0xff;
  ++size_;
  RanksChangedFrom(slot);
  CountInSums(slot, -1);
  SetCoordinates(slot, observation.values);
  EnterSorted(slot);
}

void KernelMixture::SetCoordinates(int32_t slot, const std::vector<double>& values) {
  std::vector<double> coordinates(values);
  for (size_t d = 0; d < dimension_count(); ++d) {
    if (IsNumerical(d)) coordinates[d] = dimensions_[d].ToInner(values[d]);
  }
  CopyCoordinates(slot, coordinates);
}

void KernelMixture::CopyCoordinates(int32_t slot, std::span<const double> coordinates) {
  bool outside = false;
  for (size_t d = 0; d < dimension_count(); ++d) {
    const Dimension& dimension = dimensions_[d];
    const double x = coordinates[d];
    coordinates_[slot * dimension_count() + d] = x;
    log_scales_[slot] = kUnknown;
    if (dimension.categorical) {
      unknown_choices_ |= !(x >= 0 && x < static_cast<double>(dimension.choices));
      continue;
    }
    outside |= !(dimension.inner_low <= x && x <= dimension.inner_high);
    const double scaled = (x - dimension.inner_low) / (dimension.inner_high - dimension.inner_low) * 256;
    positions_[d][slot] = static_cast<uint8_t>(std::clamp(std::floor(scaled), 0.0, 255.0));
  }
  outside_ += outside;
}

// --- Neighbours and bandwidths ----------------------------------------------------------------------------------------------

void KernelMixture::EnterSorted(int32_t slot) {
  for (size_t d = 0; d < dimension_count(); ++d) {
    if (!IsNumerical(d)) continue;
    std::vector<int32_t>& sorted = sorted_[d];
    const double x = Coordinate(slot, d);
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), slot, [&](int32_t a, int32_t) {
      const double y = Coordinate(a, d);
      return y < x || (y == x && a < slot);
    });
    const size_t position = static_cast<size_t>(at - sorted.begin());
    sorted.insert(at, slot);
    for (size_t p = position == 0 ? 0 : position - 1; p <= position + 1 && p < sorted.size(); ++p) SetBandwidth(d, p);
  }
}

void KernelMixture::LeaveSorted(int32_t slot) {
  bool outside = false;
  for (size_t d = 0; d < dimension_count(); ++d) {
    if (!IsNumerical(d)) continue;
    std::vector<int32_t>& sorted = sorted_[d];
    const double x = Coordinate(slot, d);
    outside |= !(dimensions_[d].inner_low <= x && x <= dimensions_[d].inner_high);
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), slot, [&](int32_t a, int32_t) {
      const double y = Coordinate(a, d);
      return y < x || (y == x && a < slot);
    });
    const size_t position = static_cast<size_t>(at - sorted.begin());
    sorted.erase(at);
    for (size_t p = position == 0 ? 0 : position - 1; p <= position && p < sorted.size(); ++p) SetBandwidth(d, p);
  }
  outside_ -= outside;
}

double KernelMixture::LeastBandwidth(size_t d) const {
  const double range = dimensions_[d].inner_high - dimensions_[d].inner_low;
  return settings_.consider_magic_clip ? range / std::min(100.0, 2.0 + static_cast<double>(size_)) : 1e-12;
}

void KernelMixture::SetBandwidth(size_t d, size_t position) {
  const std::vector<int32_t>& sorted = sorted_[d];
  const Dimension& dimension = dimensions_[d];
  const int32_t slot = sorted[position];
  const double mu = Coordinate(slot, d);
  const bool first = position == 0, last = position + 1 == sorted.size();
  const double left = mu - (first ? dimension.inner_low : Coordinate(sorted[position - 1], d));
  const double right = (last ? dimension.inner_high : Coordinate(sorted[position + 1], d)) - mu;
  double bandwidth = std::max(left, right);
  if (!settings_.consider_endpoints && sorted.size() > 1) {
    if (first) bandwidth = right;
    if (last) bandwidth = left;
  }
  const uint8_t narrow = bandwidth <= least_[d] ? 0xff : 0;
  bandwidth = std::min(std::max(bandwidth, least_[d]), dimension.inner_high - dimension.inner_low);
  const double inverse = 1 / bandwidth;
  double& stored = inverse_bandwidths_[slot * dimension_count() + d];
  if (OneNumerical()) {
    if (!narrow) wide_.insert(slot);
    if (narrow) wide_.erase(slot);
    if ((moments_ || counts_) && narrow_[d][slot] != narrow) touched_.push_back(slot);
  }
  narrow_[d][slot] = narrow;
  if (stored == inverse) return;
  stored = inverse;
  log_scales_[slot] = kUnknown;
}

void KernelMixture::SetAllBandwidths() {
  for (size_t d = 0; d < dimension_count(); ++d) {
    for (size_t p = 0; p < sorted_[d].size(); ++p) SetBandwidth(d, p);
  }
}

void KernelMixture::SortAll() {
  for (size_t d = 0; d < dimension_count(); ++d) {
    std::vector<int32_t>& sorted = sorted_[d];
    sorted.clear();
    if (!IsNumerical(d)) continue;
    std::vector<std::pair<double, int32_t>> keys;
    keys.reserve(rows_.size());
    for (size_t slot = 0; slot < rows_.size(); ++slot) {
      if (alive_[slot]) keys.emplace_back(Coordinate(static_cast<int32_t>(slot), d), static_cast<int32_t>(slot));
    }
    std::sort(keys.begin(), keys.end());
    for (const auto& [x, slot] : keys) sorted.push_back(slot);
  }
}

void KernelMixture::RebuildAll(const std::vector<Observation>& added) {
  const size_t n = dimension_count();
  struct Source {
    int32_t row;
    int32_t slot;              // an old one, or -1
    const Observation* fresh;  // else
  };
  std::vector<Source> sources;
  for (size_t slot = 0; slot < rows_.size(); ++slot) {
    if (alive_[slot]) sources.push_back({rows_[slot], static_cast<int32_t>(slot), nullptr});
  }
  for (const Observation& observation : added) sources.push_back({observation.row, -1, &observation});
  std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return a.row < b.row; });
  const std::vector<double> old = std::move(coordinates_);
  size_ = sources.size();
  outside_ = 0;
  unknown_choices_ = false;
  rows_.assign(size_, 0);
  alive_.assign(Padded(size_), 0);
  coordinates_.assign(size_ * n, 0);
  inverse_bandwidths_.assign(size_ * n, 0);
  log_scales_.assign(size_, kUnknown);
  ranks_.assign(size_, 0);
  RanksChangedFrom(0);
  wide_.clear();
  moments_.reset();
  counts_.reset();
  touched_.clear();
  summed_ranks_.assign(size_, -1);
  for (size_t d = 0; d < n; ++d) {
    positions_[d].assign(Padded(size_), 0);
    narrow_[d].assign(Padded(size_), 0);
  }
  for (size_t slot = 0; slot < size_; ++slot) {
    const Source& source = sources[slot];
    rows_[slot] = source.row;
    alive_[slot] = 0xff;
    if (source.fresh != nullptr) {
      SetCoordinates(static_cast<int32_t>(slot), source.fresh->values);
    } else {
      CopyCoordinates(static_cast<int32_t>(slot), std::span(old).subspan(source.slot * n, n));
    }
  }
  SortAll();
  for (size_t d = 0; d < n; ++d) {
    if (IsNumerical(d)) least_[d] = LeastBandwidth(d);
  }
  SetAllBandwidths();
  SizeChanged();
}

void KernelMixture::SizeChanged() {
  bool changed = false;
  const double base = settings_.prior_weight / static_cast<double>(size_ + 1);
  hit_log_ = 0;
  for (size_t d = 0; d < dimension_count(); ++d) {
    if (IsNumerical(d)) {
      const double least = LeastBandwidth(d);
      changed |= least != least_[d];
      least_[d] = least;
    } else {
      hit_log_ += std::log((1 + base) / (1 + base * static_cast<double>(dimensions_[d].choices)));
      miss_penalty_[d] = 2 * (std::log(1 + base) - std::log(base));
    }
  }
  if (changed) SetAllBandwidths();
  const int64_t n = static_cast<int64_t>(size_), ramp = weighting_ == Weighting::kRamp ? std::max<int64_t>(n - kFlat, 0) : 0;
  ramp_first_ = 1 / std::max(static_cast<double>(n), 1.0);
  ramp_step_ = ramp > 1 ? (1 - ramp_first_) / static_cast<double>(ramp - 1) : 0;
  total_weight_ = static_cast<double>(n - ramp);
  if (ramp == 1) total_weight_ += ramp_first_;
  if (ramp > 1) total_weight_ += static_cast<double>(ramp) * (ramp_first_ + 1) / 2;
}

double KernelMixture::Weight(int64_t rank) const {
  if (weighting_ == Weighting::kEqual || rank >= static_cast<int64_t>(size_) - kFlat) return 1;
  return ramp_first_ + static_cast<double>(rank) * ramp_step_;
}

void KernelMixture::RanksChangedFrom(size_t slot) {
  ranks_valid_ = std::min(ranks_valid_, slot);
  summed_from_ = std::min(summed_from_, slot);
}

void KernelMixture::UpdateRanks() {
  int32_t rank = ranks_valid_ == 0 ? 0 : ranks_[ranks_valid_ - 1] + (alive_[ranks_valid_ - 1] ? 1 : 0);
  for (size_t slot = ranks_valid_; slot < rows_.size(); ++slot) {
    ranks_[slot] = rank;
    rank += alive_[slot] & 1;
  }
  ranks_valid_ = rows_.size();
}

// --- Sampling ---------------------------------------------------------------------------------------------------------------

ValueTable KernelMixture::Sample(int32_t n, UniformSource uniform) const {
  std::vector<int32_t> slots;  // alive ones
  std::vector<double> cdf;
  double total = 0;
  for (size_t slot = 0; slot < rows_.size(); ++slot) {
    if (!alive_[slot]) continue;
    total += Weight(static_cast<int64_t>(slots.size()));
    slots.push_back(static_cast<int32_t>(slot));
    cdf.push_back(total);
  }
  total += size_ == 0 ? 1.0 : settings_.prior_weight;
  slots.push_back(-1);  // the prior
  cdf.push_back(total);
  std::vector<double> quantiles(n);
  uniform(quantiles);
  std::vector<int32_t> active(n);
  for (int32_t i = 0; i < n; ++i) {
    const int64_t found = std::upper_bound(cdf.begin(), cdf.end(), quantiles[i] * total) - cdf.begin();
    active[i] = slots[std::min<int64_t>(found, static_cast<int64_t>(slots.size()) - 1)];
  }
  const double base = settings_.prior_weight / static_cast<double>(size_ + 1);
  ValueTable samples(dimension_count(), std::vector<double>(n));
  for (const bool categorical : {true, false}) {
    for (size_t d = 0; d < dimension_count(); ++d) {
      const Dimension& dimension = dimensions_[d];
      if (dimension.categorical != categorical) continue;
      uniform(quantiles);
      for (int32_t i = 0; i < n; ++i) {
        const bool prior = active[i] < 0;
        if (categorical) {
          const double choices = static_cast<double>(dimension.choices);
          samples[d][i] = SampleChoice(prior ? -1 : static_cast<int64_t>(Coordinate(active[i], d)), choices, base, quantiles[i]);
          continue;
        }
        const double range = dimension.inner_high - dimension.inner_low;
        const double mu = prior ? std::midpoint(dimension.inner_low, dimension.inner_high) : Coordinate(active[i], d);
        const double bandwidth = prior ? range : 1 / inverse_bandwidths_[active[i] * dimension_count() + d];
        const double z =
            TruncatedQuantile(quantiles[i], (dimension.inner_low - mu) / bandwidth, (dimension.inner_high - mu) / bandwidth);
        samples[d][i] = std::clamp(dimension.FromInner(z * bandwidth + mu), dimension.low, dimension.high);
      }
    }
  }
  return samples;
}

}  // namespace parzen::tpe
