#include "sampler/tpe/failure_evidence.h"

#include <algorithm>
#include <cmath>

namespace parzen::tpe {
namespace {

constexpr double kDoubt = 1;  // nats that a dependence lacks before it is seen

constexpr size_t kKept = 64;  // failed trials, and as many others
// Bandwidths tried, as shares of the range; jointly they are larger by the root of the number of dimensions.
constexpr double kWidths[] = {0.05, 0.15};
constexpr size_t kMostChosen = 3;       // parameters that failures are taken to depend on
constexpr double kOtherChoice = 0.135;  // the kernel of two different choices

}  // namespace

void FailureEvidence::Add(int32_t row, const std::vector<double>& values, bool failed) {
  std::vector<double> coordinates(values.size());
  for (size_t d = 0; d < values.size(); ++d) {
    const Dimension& dimension = dimensions_[d];
    coordinates[d] = dimension.categorical
                         ? values[d]
                         : (dimension.ToInner(values[d]) - dimension.inner_low) / (dimension.inner_high - dimension.inner_low);
  }
  auto& kept = failed ? failed_ : other_;
  kept[row] = std::move(coordinates);
  if (kept.size() > kKept) kept.erase(kept.begin());
  changed_ = true;
}

FailureEvidence::Trials FailureEvidence::Collect() const {
  Trials trials;
  trials.failed = failed_.size();
  trials.count = failed_.size() + other_.size();
  trials.columns.resize(dimensions_.size());
  for (const auto* kept : {&failed_, &other_}) {
    for (const auto& [row, coordinates] : *kept) {
      for (size_t d = 0; d < dimensions_.size(); ++d) trials.columns[d].push_back(coordinates[d]);
    }
  }
  return trials;
}

void FailureEvidence::Multiply(const Trials& trials, size_t d, double width, Weights* weights) const {
  const double* x = trials.columns[d].data();
  double* w = weights->data();
  // The biweight kernel, as wide as a normal law of this deviation.
  const double inverse = 1 / (std::sqrt(7.0) * width);
  for (size_t i = 0; i < trials.count; ++i, w += i - 1) {
    for (size_t j = 0; j < i; ++j) {
      if (dimensions_[d].categorical) {
        w[j] *= x[i] == x[j] ? 1 : kOtherChoice;
      } else {
        const double z = (x[i] - x[j]) * inverse, left = std::max(0.0, 1 - z * z);
        w[j] *= left * left;
      }
    }
  }
}

double FailureEvidence::Gain(const Trials& trials, const Weights& weights) {
  std::vector<double> near(trials.count, 0), near_failed(trials.count, 0);
  const double* w = weights.data();
  for (size_t i = 0; i < trials.count; ++i, w += i - 1) {
    const double failed = i < trials.failed;
    for (size_t j = 0; j < i; ++j) {
      near[j] += w[j];
      near_failed[j] += w[j] * failed;
      near[i] += w[j];
    }
    for (size_t j = 0; j < std::min(i, trials.failed); ++j) near_failed[i] += w[j];
  }
  double gain = 0;
  for (size_t i = 0; i < trials.count; ++i) {
    const bool failed = i < trials.failed;
    const double rate = (static_cast<double>(trials.failed - failed) + 0.5) / static_cast<double>(trials.count);  // of the others
    const double predicted = (near_failed[i] + rate) / (near[i] + 1);
    gain += failed ? std::log(predicted / rate) : std::log((1 - predicted) / (1 - rate));
  }
  return gain;
}

double FailureEvidence::GainOfFew(const Trials& trials, double width) const {
  Weights chosen(trials.count * (trials.count - 1) / 2, 1), tried, best_tried;
  std::vector<bool> is_chosen(dimensions_.size(), false);
  double best = 0;
  for (size_t round = 0; round < std::min(kMostChosen, dimensions_.size()); ++round) {
    double best_of_round = round == 0 ? -HUGE_VAL : best;
    size_t added = dimensions_.size();
    for (size_t d = 0; d < dimensions_.size(); ++d) {
      if (is_chosen[d]) continue;
      tried = chosen;
      Multiply(trials, d, width, &tried);
      if (const double gain = Gain(trials, tried); gain > best_of_round) {
        best_of_round = gain;
        added = d;
        best_tried = tried;
      }
    }
    if (added == dimensions_.size()) break;
    best = std::max(best, best_of_round);
    is_chosen[added] = true;
    chosen = best_tried;
  }
  return best;
}

double FailureEvidence::Belief() {
  if (!changed_) return belief_;
  changed_ = false;
  const Trials trials = Collect();
  const double dimensions = static_cast<double>(dimensions_.size());
  double best = 0;
  for (double width : kWidths) {
    Weights all(trials.count * (trials.count - 1) / 2, 1);
    for (size_t d = 0; d < dimensions_.size(); ++d) Multiply(trials, d, width * std::sqrt(dimensions), &all);
    best = std::max({best, Gain(trials, all), GainOfFew(trials, width)});
  }
  // The best of several chance gains is larger than one.
  belief_ = 1 / (1 + std::exp(kDoubt + std::log(dimensions) - best));
  return belief_;
}

}  // namespace parzen::tpe
