#include "sampler/pruner/median.h"

#include <cmath>
#include <limits>

#include "sampler/pruner/interval.h"
#include "sampler/pruner/reason.h"

namespace parzen::pruner {

PercentilePruner::PercentilePruner(const PercentileOptions& options, Direction direction)
    : options_(options),
      direction_(direction),
      q_((direction == Direction::kMaximize ? 100 - options.percentile : options.percentile) / 100) {}

double PercentilePruner::Better(double a, double b) const {
  return direction_ == Direction::kMaximize ? std::fmax(a, b) : std::fmin(a, b);  // both leave NaN out
}

void PercentilePruner::Report(int64_t number, int64_t step, std::span<const double> values) {
  Running& running = running_[number];
  const bool first = running.reports.empty();
  if (!running.reports.Put(step, values).replaced) {
    running.best = first ? values[0] : Better(running.best, values[0]);
    return;
  }
  running.best = std::numeric_limits<double>::quiet_NaN();
  for (size_t row = 0; row < running.reports.size(); ++row) running.best = Better(running.best, running.reports.value(row));
}

void PercentilePruner::End(int64_t number, const Outcome& outcome, int64_t) {
  const auto ended = running_.find(number);
  if (outcome.state == RowState::kComplete) {
    ++n_complete_;
    for (size_t row = 0; ended != running_.end() && row < ended->second.reports.size(); ++row) {
      if (ended->second.reports.step(row) < options_.n_warmup_steps) continue;
      Step& step = steps_[ended->second.reports.step(row)];
      const double value = ended->second.reports.value(row);
      if (std::isnan(value)) {
        ++step.nan_values;
      } else {
        step.values.Add(value, q_);
      }
    }
  }
  if (ended != running_.end()) running_.erase(ended);
}

PruneDecision PercentilePruner::Decide(int64_t number) {
  const auto found = running_.find(number);
  if (n_complete_ == 0 || n_complete_ < options_.n_startup_trials || found == running_.end()) return {};
  const Running& running = found->second;
  const int64_t step = running.reports.last_step();
  if (!IsFirstInInterval(step, running.reports.second_last_step(), options_.n_warmup_steps, options_.interval_steps)) return {};
  if (std::isnan(running.best)) return {.prune = true, .reason = AllNan(step), .rungs = {}, .resource = {}};
  const auto others = steps_.find(step);
  if (others == steps_.end()) return {};
  const int64_t n = static_cast<int64_t>(others->second.values.size()) + others->second.nan_values;
  if (n < options_.n_min_trials) return {};
  const double bound = others->second.values.Value(q_);
  const bool prune = direction_ == Direction::kMaximize ? running.best < bound : running.best > bound;  // not where bound is NaN
  if (!prune) return {};
  return {.prune = true,
          .reason = WorseThanPercentile(step, running.best, options_.percentile, bound, n),
          .rungs = {},
          .resource = {}};
}

}  // namespace parzen::pruner
