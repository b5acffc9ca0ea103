#include "sampler/pruner/rungs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sampler/pruner/reason.h"

namespace parzen::pruner {

std::optional<int64_t> Rungs::PromotionStep(size_t rung) const {
  __int128 step = options_.min_resource;
  for (int64_t i = 0; i < options_.rate + static_cast<int64_t>(rung); ++i) {
    step *= options_.reduction_factor;
    if (step > std::numeric_limits<int64_t>::max()) return std::nullopt;
  }
  return static_cast<int64_t>(step);
}

Ranking& Rungs::At(size_t rung) {
  while (rungs_.size() <= rung) rungs_.push_back(MakeRanking(directions_));
  return *rungs_[rung];
}

PruneDecision Rungs::Climb(Climber* climber) {
  PruneDecision decision;
  if (climber->last_step < 0) return decision;
  while (true) {
    const size_t rung = climber->entries.size();
    const std::optional<int64_t> step = PromotionStep(rung);
    if (!step || climber->last_step < *step) return decision;
    const std::vector<double>& values = climber->last_values;
    if (std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); })) {
      decision.prune = true;
      decision.reason = PrunedAt(climber->last_step, absl::StrCat("NaN enters no rung (rung ", rung, ")"));
      return decision;
    }
    Ranking& competing = At(rung);
    competing.Insert(values);
    climber->entries.push_back(values);
    decision.rungs.push_back({static_cast<int32_t>(rung), values});
    if (competing.size() <= options_.bootstrap_count) {
      decision.reason = absl::StrCat("rung ", rung, " has been reached by ", competing.size(), " trials; more than ",
                                     options_.bootstrap_count, " (bootstrap_count) must before any goes on");
    } else if (!Promoted(competing, values)) {
      decision.reason = Beaten(*climber, rung, competing);
    }
    if (decision.reason.empty()) continue;
    decision.prune = true;
    decision.reason = PrunedAt(climber->last_step, decision.reason);
    return decision;
  }
}

bool Rungs::Promoted(const Ranking& competing, std::span<const double> values) const {
  const int64_t promotable = std::max<int64_t>(competing.size() / options_.reduction_factor, 1);
  return competing.CountBetter(values) < promotable;
}

std::string Rungs::Beaten(const Climber& climber, size_t rung, const Ranking& competing) const {
  return absl::StrCat(Numbers(climber.last_values), " is not among the best 1/", options_.reduction_factor, " of ",
                      competing.size(), " trials at rung ", rung, ": ", competing.CountBetter(climber.last_values),
                      " were better");
}

void Rungs::Forget(const Climber& climber) {
  for (size_t rung = 0; rung < climber.entries.size(); ++rung) At(rung).Erase(climber.entries[rung]);
}

}  // namespace parzen::pruner
