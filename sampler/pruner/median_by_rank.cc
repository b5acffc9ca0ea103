#include "sampler/pruner/median_by_rank.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "sampler/pruner/interval.h"
#include "sampler/pruner/reason.h"

namespace parzen::pruner {
namespace {

bool HasNan(std::span<const double> values) {
  return std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); });
}

// The newest report without NaN.
std::optional<std::span<const double>> Newest(const TrialReports& reports) {
  for (size_t row = reports.size(); row-- > 0;) {
    if (!HasNan(reports.values(row))) return reports.values(row);
  }
  return std::nullopt;
}

}  // namespace

void PercentileByRankPruner::End(int64_t number, const Outcome& outcome, int64_t) {
  const auto ended = running_.find(number);
  if (outcome.state == RowState::kComplete) {
    ++n_complete_;
    for (size_t row = 0; ended != running_.end() && row < ended->second.size(); ++row) {
      if (ended->second.step(row) < options_.n_warmup_steps) continue;
      Step& step = steps_[ended->second.step(row)];
      const std::span<const double> values = ended->second.values(row);
      if (HasNan(values)) {
        ++step.nan_values;
      } else {
        step.unranked.insert(step.unranked.end(), values.begin(), values.end());
      }
    }
  }
  if (ended != running_.end()) running_.erase(ended);
}

PruneDecision PercentileByRankPruner::Decide(int64_t number) {
  const auto found = running_.find(number);
  if (n_complete_ == 0 || n_complete_ < options_.n_startup_trials || found == running_.end()) return {};
  const TrialReports& reports = found->second;
  const int64_t last = reports.last_step();
  if (!IsFirstInInterval(last, reports.second_last_step(), options_.n_warmup_steps, options_.interval_steps)) return {};
  const auto values = Newest(reports);
  if (!values) return {.prune = true, .reason = AllNan(last), .rungs = {}, .resource = {}};
  const auto others = steps_.find(last);
  if (others == steps_.end()) return {};
  Step& step = others->second;
  if (step.ranking == nullptr) step.ranking = MakeRanking(directions_);
  for (size_t i = 0; i < step.unranked.size(); i += directions_.size()) {
    step.ranking->Insert({step.unranked.data() + i, directions_.size()});
  }
  step.unranked = {};
  const int64_t n = step.ranking->size();
  if (n == 0 || n + step.nan_values < options_.n_min_trials) return {};
  const int64_t better = step.ranking->CountBetter(*values);
  if (static_cast<double>(better) <= static_cast<double>(n - 1) * (options_.percentile / 100)) return {};
  return {.prune = true,
          .reason = PrunedAt(last, absl::StrCat(better, " of ", n, " trials were better than ", Numbers(*values),
                                                " at this step; the best ", Number(options_.percentile), "% go on")),
          .rungs = {},
          .resource = {}};
}

}  // namespace parzen::pruner
