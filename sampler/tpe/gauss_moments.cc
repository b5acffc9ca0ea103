#include "sampler/tpe/gauss_moments.h"

#include <algorithm>
#include <cmath>

#include "sampler/tpe/fast_exp.h"

namespace parzen::tpe {
namespace {

constexpr double kUnit = 0x1.0p60;  // of the fixed point

}  // namespace

GaussMoments::GaussMoments(double low, double high, double bandwidth)
    : low_(low), bandwidth_(bandwidth), width_(0.5 * bandwidth) {
  cells_.resize(static_cast<size_t>((high - low) / width_) + 1);
  stride_ = cells_.size() + 1;
  for (std::vector<double>* moments : {&plain_, &ranked_, &weighted_}) moments->assign(kOrder * stride_, 0);
}

void GaussMoments::Clear() {
  std::fill(cells_.begin(), cells_.end(), Cell());
  for (std::vector<double>* moments : {&plain_, &ranked_, &weighted_}) std::fill(moments->begin(), moments->end(), 0);
}

void GaussMoments::Accumulate(double mu, double amplitude, int64_t rank, int sign) {
  const size_t index = std::min(static_cast<size_t>((mu - low_) / width_), cells_.size() - 1);
  const double t = (mu - (low_ + (static_cast<double>(index) + 0.5) * width_)) / bandwidth_;
  Cell& cell = cells_[index];
  double term = amplitude * kUnit;
  for (int p = 0; p < kOrder; ++p, term *= t) {
    const __int128 fixed = sign * std::llrint(term);
    cell.plain[p] += fixed;
    cell.ranked[p] += fixed * rank;
    plain_[p * stride_ + index] = static_cast<double>(cell.plain[p]);
    ranked_[p * stride_ + index] = static_cast<double>(cell.ranked[p]);
  }
}

void GaussMoments::SetWeights(double u, double v) {
  for (size_t i = 0; i < weighted_.size(); ++i) weighted_[i] = (u * plain_[i] + v * ranked_[i]) * (1 / kUnit);
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
  Pair sums = {};
  for (int64_t i = begin; i <= end; i += 2) {  // two cells at once; the one after the last has no moments
    const double* moments = &weighted_[i];
    if (moments[0] == 0 && moments[1] == 0) continue;
    const Pair centres = {low_ + (static_cast<double>(i) + 0.5) * width_, low_ + (static_cast<double>(i) + 1.5) * width_};
    const Pair y = (x - centres) / bandwidth_;
    // h = He_p(y) / p!
    Pair before = {}, h = {1, 1}, series = LoadPair(moments);
    for (int p = 1; p < kOrder; ++p) {
      const Pair next = (y * h - before) * kReciprocals[p];
      before = h;
      h = next;
      series += h * LoadPair(moments + p * stride_);
    }
    sums += ExpOfNegative(-0.5 * y * y) * series;
  }
  return sums[0] + sums[1];
}

}  // namespace parzen::tpe
