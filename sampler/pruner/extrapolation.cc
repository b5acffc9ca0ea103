#include "sampler/pruner/extrapolation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sampler/pruner/reason.h"
#include "sampler/pruner/student_t.h"

namespace parzen::pruner {
namespace {

constexpr size_t kMostReferences = 32;
constexpr size_t kFewestReferences = 2;
constexpr double kChance = 0.05;  // below which a trial is pruned
constexpr int kPriorFreedom = 2;  // observations that the prior of the noise is worth
constexpr double kPriorDeviation = 0.15;
constexpr double kLeastLogLeft = 0.05;  // of log(T/t): the last report is not the end where another value is told
constexpr double kPriorSlope = 0.5;

double Transformed(double value, bool logarithmic) { return logarithmic ? std::log(value) : value; }

// How many steps a trial has come, from its first report on.
double Length(const TrialReports& reports, int64_t step) { return static_cast<double>(step - reports.step(0)) + 1; }

}  // namespace

struct ExtrapolationPruner::Regression {
  // The prior: b0 at 0, b1 at kPriorSlope, each as uncertain as one observation.
  double n = 1, s = 0, ss = 1, d = 0, sd = kPriorSlope, dd = kPriorSlope * kPriorSlope;
  int count = 0;

  void Add(double recent, double left) {
    n += 1, s += recent, ss += recent * recent;
    d += left, sd += recent * left, dd += left * left;
    ++count;
  }

  // P(d > need) of a trial whose recent gain is `recent`; `prior` is the deviation of the noise before there were observations.
  double ChanceOfMore(double need, double recent, double prior) const {
    const double determinant = n * ss - s * s;
    const double b0 = (ss * d - s * sd) / determinant, b1 = (n * sd - s * d) / determinant;
    const double residual = std::max(dd - b0 * d - b1 * sd, 0.0);
    const int freedom = kPriorFreedom + count;
    const double noise = (kPriorFreedom * prior * prior + residual) / freedom;
    const double variance = noise * (1 + (ss - 2 * recent * s + recent * recent * n) / determinant);
    const double t = (need - b0 - b1 * recent) / std::sqrt(variance);
    return std::isnan(t) ? 1 : StudentUpperTail(t, freedom);
  }
};

void ExtrapolationPruner::Report(int64_t number, int64_t step, std::span<const double> values) {
  const std::array<double, 1> value = {sign_ * values[0]};
  running_[number].Put(step, value);
}

void ExtrapolationPruner::End(int64_t number, const Outcome& outcome, int64_t order) {
  (void)order;
  const auto ended = running_.find(number);
  if (ended == running_.end()) return;
  Reference reference{.number = number, .reports = std::move(ended->second)};
  running_.erase(ended);
  if (outcome.state != RowState::kComplete || !std::isfinite(outcome.values[0]) || !IsFeasible(outcome)) return;
  reference.value = sign_ * outcome.values[0];
  reference.positive = reference.value > 0;
  for (size_t row = 0; row < reference.reports.size() && reference.positive; ++row) {
    reference.positive = reference.reports.value(row) > 0;
  }
  const auto place = std::upper_bound(
      references_.begin(), references_.end(), reference,
      [](const Reference& a, const Reference& b) { return std::tie(a.value, a.number) < std::tie(b.value, b.number); });
  references_.insert(place, std::move(reference));
  if (references_.size() > kMostReferences) references_.pop_back();
}

double ExtrapolationPruner::MedianGain(bool logarithmic) const {
  std::array<double, kMostReferences> gains;
  size_t count = 0;
  for (const Reference& reference : references_) {
    const double gain =
        std::fabs(Transformed(reference.reports.value(0), logarithmic) - Transformed(reference.value, logarithmic));
    if (std::isfinite(gain)) gains[count++] = gain;
  }
  if (count == 0) return 0;
  std::nth_element(gains.begin(), gains.begin() + count / 2, gains.begin() + count);
  return gains[count / 2];
}

double ExtrapolationPruner::ChanceToWin(const TrialReports& reports, size_t row) const {
  const double now = reports.value(row);
  if (std::isnan(now) || now == HUGE_VAL) return 0;  // it has diverged
  const int64_t step = reports.step(row), first = reports.step(0), half_way = first + (step - first) / 2;
  const double before = reports.value(reports.CountUpTo(half_way) - 1);
  const bool logarithmic =
      now > 0 && before > 0 && std::all_of(references_.begin(), references_.end(), [](const Reference& r) { return r.positive; });
  const double unit = MedianGain(logarithmic);
  if (unit == 0) return now > references_.front().value ? 0 : 1;  // what a reference reports first is its end
  const auto scaled = [&](double from, double to) {
    return (Transformed(from, logarithmic) - Transformed(to, logarithmic)) / unit;
  };

  Regression regression;
  double longest = 0;
  for (const Reference& reference : references_) {
    const TrialReports& curve = reference.reports;
    const size_t count = curve.CountUpTo(step), count_before = curve.CountUpTo(half_way);
    if (count_before == 0 || curve.last_step() < step) continue;  // it says nothing about this stretch
    const double recent = scaled(curve.value(count_before - 1), curve.value(count - 1));
    const double left = scaled(curve.value(count - 1), reference.value);
    if (!std::isfinite(recent) || !std::isfinite(left)) continue;
    regression.Add(recent, left);
    longest = std::max(longest, Length(curve, curve.last_step()));
  }
  const double recent = scaled(before, now);
  if (regression.count == 0 || !std::isfinite(recent)) return 1;
  const double log_left = std::max(std::log(longest / Length(reports, step)), kLeastLogLeft);
  return regression.ChanceOfMore(scaled(now, references_.front().value), recent, kPriorDeviation * log_left);
}

PruneDecision ExtrapolationPruner::Decide(int64_t number) {
  const auto found = running_.find(number);
  if (found == running_.end() || references_.size() < kFewestReferences) return {};
  const TrialReports& reports = found->second;
  if (reports.empty()) return {};
  const size_t last = reports.size() - 1;
  const double chance = ChanceToWin(reports, last);
  if (chance >= kChance || (last > 0 && ChanceToWin(reports, last - 1) >= kChance)) return {};
  return {.prune = true,
          .reason = PrunedAt(reports.step(last),
                             absl::StrCat("from ", Number(sign_ * reports.value(last)), " it ends better than the best ",
                                          Number(sign_ * references_.front().value), " with a probability of ",
                                          absl::StrFormat("%.2g", chance), ", going by ", references_.size(), " trials")),
          .rungs = {},
          .resource = {}};
}

}  // namespace parzen::pruner
