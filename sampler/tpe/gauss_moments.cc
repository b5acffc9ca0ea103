#include "sampler/tpe/gauss_moments.h"

#include <algorithm>
#include <cmath>

namespace parzen::tpe {
namespace {

constexpr double kUnit = 0x1.0p60;  // of the fixed point

}  // namespace

GaussMoments::GaussMoments(double low, double high, double bandwidth)
    : low_(low), bandwidth_(bandwidth), width_(0.5 * bandwidth) {
  cells_.resize(static_cast<size_t>((high - low) / width_) + 1);
}

void GaussMoments::Clear() { std::fill(cells_.begin(), cells_.end(), Cell()); }

void GaussMoments::Accumulate(double mu, double amplitude, int64_t rank, int sign) {
  const size_t index = std::min(static_cast<size_t>((mu - low_) / width_), cells_.size() - 1);
  const double t = (mu - (low_ + (static_cast<double>(index) + 0.5) * width_)) / bandwidth_;
  Cell& cell = cells_[index];
  double term = amplitude * kUnit;
  for (int p = 0; p < kOrder; ++p, term *= t) {
    const __int128 fixed = sign * std::llrint(term);
    cell.plain[p] += fixed;
    cell.ranked[p] += fixed * rank;
  }
}

void GaussMoments::SetWeights(double u, double v) {
  weighted_.resize(cells_.size());
  for (size_t i = 0; i < cells_.size(); ++i) {
    for (int p = 0; p < kOrder; ++p) {
      weighted_[i][p] =
          (u * static_cast<double>(cells_[i].plain[p]) + v * static_cast<double>(cells_[i].ranked[p])) * (1 / kUnit);
    }
  }
}

double GaussMoments::Evaluate(double x, double reach) const {
  static constexpr auto kReciprocals = [] {
    std::array<double, kOrder + 1> r{};
    for (int p = 1; p <= kOrder; ++p) r[p] = 1.0 / p;
    return r;
  }();
  const double distance = reach * bandwidth_;
  const int64_t last = static_cast<int64_t>(cells_.size()) - 1;
  const int64_t begin = std::clamp(static_cast<int64_t>(std::floor((x - distance - low_) / width_)), int64_t{0}, last);
  const int64_t end = std::clamp(static_cast<int64_t>(std::floor((x + distance - low_) / width_)), int64_t{0}, last);
  double sum = 0;
  for (int64_t i = begin; i <= end; ++i) {
    const std::array<double, kOrder>& moments = weighted_[i];
    if (moments[0] == 0) continue;
    const double y = (x - (low_ + (static_cast<double>(i) + 0.5) * width_)) / bandwidth_;
    // h_p = He_p(y) / p!
    double before = 0, h = 1, series = moments[0];
    for (int p = 1; p < kOrder; ++p) {
      const double next = (y * h - before) * kReciprocals[p];
      before = h;
      h = next;
      series += h * moments[p];
    }
    sum += std::exp(-0.5 * y * y) * series;
  }
  return sum;
}

}  // namespace parzen::tpe
