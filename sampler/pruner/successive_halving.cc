#include "sampler/pruner/successive_halving.h"

#include <utility>

namespace parzen::pruner {

SuccessiveHalvingPruner::SuccessiveHalvingPruner(const SuccessiveHalvingOptions& options, std::vector<Direction> directions)
    : options_(options), directions_(std::move(directions)) {
  if (options_.min_resource) Start(*options_.min_resource);
}

void SuccessiveHalvingPruner::Start(int64_t min_resource) {
  const Rungs::Options options = {.min_resource = min_resource,
                                  .reduction_factor = options_.reduction_factor,
                                  .rate = options_.min_early_stopping_rate,
                                  .bootstrap_count = options_.bootstrap_count};
  rungs_.emplace(options, directions_);
}

void SuccessiveHalvingPruner::Restart(int64_t number) {
  const auto climber = climbers_.find(number);
  if (climber == climbers_.end()) return;
  if (rungs_) rungs_->Forget(climber->second);
  climbers_.erase(climber);
}

void SuccessiveHalvingPruner::End(int64_t number, const Outcome& outcome, int64_t) {
  const auto climber = climbers_.find(number);
  if (climber == climbers_.end()) return;
  longest_.End(climber->second, outcome);
  climbers_.erase(climber);
}

PruneDecision SuccessiveHalvingPruner::Decide(int64_t number) {
  const auto climber = climbers_.find(number);
  if (climber == climbers_.end() || climber->second.last_step < 0) return {};
  std::optional<int64_t> estimated;
  if (!rungs_) {
    const std::optional<int64_t> longest = longest_.last_step();
    if (!longest) return {};
    estimated = std::max<int64_t>(*longest / 100, 1);
    Start(*estimated);
  }
  PruneDecision decision = rungs_->Climb(&climber->second);
  decision.resource = estimated;
  return decision;
}

void SuccessiveHalvingPruner::RestoreRung(int64_t number, const RungMark& mark) {
  if (!rungs_) return;
  std::vector<std::vector<double>>& entries = climbers_[number].entries;
  if (static_cast<size_t>(mark.rung) != entries.size()) return;
  entries.push_back(mark.values);
  rungs_->Restore(mark);
}

}  // namespace parzen::pruner
