#include "sampler/pruner/wilcoxon.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sampler/pruner/reason.h"

namespace parzen::pruner {
namespace {

void InsertBySize(double difference, std::vector<double>* differences) {
  differences->insert(std::upper_bound(differences->begin(), differences->end(), difference,
                                       [](double a, double b) { return std::fabs(a) < std::fabs(b); }),
                      difference);
}

}  // namespace

void WilcoxonPruner::Series::Put(int64_t step, double value) {
  const auto [place, added] = at_step.emplace(step, static_cast<uint32_t>(values.size()));
  if (added) {
    values.push_back(value);
    sum += value;
    infinite += std::isfinite(value) ? 0 : 1;
    return;
  }
  values[place->second] = value;
  sum = 0;
  for (const double each : values) sum += each;
  infinite = std::count_if(values.begin(), values.end(), [](double each) { return !std::isfinite(each); });
}

void WilcoxonPruner::Report(int64_t number, int64_t step, std::span<const double> values) {
  Running& running = running_[number];
  const bool replaces = running.series.at_step.contains(step);
  running.series.Put(step, values[0]);
  running.last_step = std::max(running.last_step, step);
  const Best* rival = best();
  if (replaces || rival == nullptr || running.compared_with != rival->number) {
    running.compared_with = -1;
    return;
  }
  const auto paired = rival->series.at_step.find(step);
  if (paired != rival->series.at_step.end()) InsertBySize(values[0] - rival->series.values[paired->second], &running.differences);
}

void WilcoxonPruner::End(int64_t number, const Outcome& outcome, int64_t order) {
  Series series;
  if (const auto ended = running_.find(number); ended != running_.end()) {
    series = std::move(ended->second.series);
    running_.erase(ended);
  }
  if (outcome.state != RowState::kComplete) return;
  const double value = outcome.values[0];
  const bool feasible = IsFeasible(outcome);
  const auto by_order = [&](const Best& other) { return value == other.value && order < other.order; };
  const auto by_number = [&](const Best& other) { return value == other.value && number < other.number; };
  if (feasible && (!best_feasible_ || Beats(value, best_feasible_->value) || by_number(*best_feasible_))) {
    best_feasible_ = Best{number, value, order, series};
  }
  if (!best_ || Beats(value, best_->value) || by_order(*best_)) {
    best_ = Best{number, value, order, std::move(series)};
    best_is_feasible_ = feasible;
  }
}

const WilcoxonPruner::Best* WilcoxonPruner::best() const {
  if (best_ && best_is_feasible_) return &*best_;
  return best_feasible_ ? &*best_feasible_ : nullptr;
}

void WilcoxonPruner::Compare(const Best& best, Running* running) const {
  running->differences.clear();
  running->compared_with = best.number;
  for (const auto& [step, place] : running->series.at_step) {
    const auto paired = best.series.at_step.find(step);
    if (paired == best.series.at_step.end()) continue;
    running->differences.push_back(running->series.values[place] - best.series.values[paired->second]);
  }
  std::sort(running->differences.begin(), running->differences.end(),
            [](double a, double b) { return std::fabs(a) < std::fabs(b); });
}

PruneDecision WilcoxonPruner::Decide(int64_t number) {
  const auto found = running_.find(number);
  const Best* rival = best();
  if (found == running_.end() || rival == nullptr) return {};
  Running& running = found->second;
  if (running.series.infinite > 0 || rival->series.infinite > 0 || rival->series.values.empty()) return {};
  if (running.compared_with != rival->number) Compare(*rival, &running);
  const size_t n = running.differences.size();
  if (n < 2 || static_cast<int64_t>(n) < options_.n_startup_steps) return {};
  const bool maximize = direction_ == Direction::kMaximize;
  const double average = running.series.sum / static_cast<double>(running.series.values.size());
  const double best_average = rival->series.sum / static_cast<double>(rival->series.values.size());
  const double p = test_.PValue(running.differences, maximize ? Alternative::kLess : Alternative::kGreater);
  if (!(p < options_.p_threshold) || (maximize ? best_average <= average : best_average >= average)) return {};
  return {.prune = true,
          .reason =
              PrunedAt(running.last_step, absl::StrCat("worse than trial ", rival->number, " at ", n,
                                                       " common steps (p = ", Number(p), ", below ", Number(options_.p_threshold),
                                                       "); the averages are ", Number(average), " and ", Number(best_average))),
          .rungs = {},
          .resource = {}};
}

}  // namespace parzen::pruner
