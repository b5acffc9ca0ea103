#include "sampler/pruner/hyperband.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sampler/pruner/crc32.h"

namespace parzen::pruner {
namespace {

constexpr double kBeyondChecksums = 8589934592;  // 2 ^ 33

}  // namespace

// The number of brackets is floor(log(max / min) / log(factor)) + 1 in doubles, as Python computes it: 243 : 1 by threes has 5,
// not 6. A bracket's budget is ceil(brackets * factor ^ s / (s + 1)), s = brackets - 1 for the first. Budgets beyond every place
// that a checksum of 32 bits can name are all alike, so that the sum fits.
Brackets::Brackets(int64_t min_resource, int64_t max_resource, int64_t reduction_factor) {
  const double ratio = static_cast<double>(max_resource) / static_cast<double>(min_resource);
  const int64_t n = static_cast<int64_t>(std::floor(std::log(ratio) / std::log(static_cast<double>(reduction_factor)))) + 1;
  for (int64_t s = n - 1; s >= 0; --s) {
    double trials = static_cast<double>(n);
    for (int64_t i = 0; i < s; ++i) trials *= static_cast<double>(reduction_factor);
    budgets_.push_back(static_cast<int64_t>(std::min(std::ceil(trials / static_cast<double>(s + 1)), kBeyondChecksums)));
    total_ += budgets_.back();
  }
}

size_t Brackets::Of(std::string_view study_name, int64_t number) const {
  if (budgets_.empty()) return 0;
  int64_t place = Crc32(absl::StrCat(absl::string_view(study_name.data(), study_name.size()), "_", number)) % total_;
  size_t bracket = 0;
  while (place >= budgets_[bracket]) place -= budgets_[bracket++];
  return bracket;
}

HyperbandPruner::HyperbandPruner(const HyperbandOptions& options, std::vector<Direction> directions, std::string_view study_name)
    : options_(options), directions_(std::move(directions)), study_name_(study_name) {}

void HyperbandPruner::Start(int64_t max_resource) {
  brackets_.emplace(options_.min_resource, max_resource, options_.reduction_factor);
  rungs_.clear();
  for (size_t bracket = 0; bracket < brackets_->size(); ++bracket) {
    const Rungs::Options options = {.min_resource = options_.min_resource,
                                    .reduction_factor = options_.reduction_factor,
                                    .rate = static_cast<int64_t>(bracket),
                                    .bootstrap_count = options_.bootstrap_count};
    rungs_.emplace_back(options, directions_);
  }
}

void HyperbandPruner::Restart(int64_t number) {
  const auto climber = climbers_.find(number);
  if (climber == climbers_.end()) return;
  if (!rungs_.empty()) rungs_[Bracket(number)].Forget(climber->second);
  climbers_.erase(climber);
}

void HyperbandPruner::End(int64_t number, const Outcome& outcome, int64_t) {
  const auto climber = climbers_.find(number);
  if (climber == climbers_.end()) return;
  longest_.End(climber->second, outcome);
  climbers_.erase(climber);
}

PruneDecision HyperbandPruner::Decide(int64_t number) {
  std::optional<int64_t> resource;
  if (!brackets_) {
    if (!options_.max_resource) {
      const std::optional<int64_t> longest = longest_.last_step();
      if (!longest) return {};
      resource = *longest == std::numeric_limits<int64_t>::max() ? *longest : *longest + 1;
    } else {
      resource = options_.max_resource;
    }
    Start(*resource);
  }
  PruneDecision decision;
  const auto climber = climbers_.find(number);
  const size_t bracket = brackets_->Of(study_name_, number);
  if (climber != climbers_.end() && !rungs_.empty()) decision = rungs_[bracket].Climb(&climber->second);
  if (decision.prune) absl::StrAppend(&decision.reason, " (bracket ", bracket, ")");
  decision.resource = resource;
  return decision;
}

void HyperbandPruner::RestoreRung(int64_t number, const RungMark& mark) {
  if (!brackets_ && options_.max_resource) Start(*options_.max_resource);
  if (rungs_.empty()) return;
  std::vector<std::vector<double>>& entries = climbers_[number].entries;
  if (static_cast<size_t>(mark.rung) != entries.size()) return;
  entries.push_back(mark.values);
  rungs_[Bracket(number)].Restore(mark);
}

int64_t HyperbandPruner::Bracket(int64_t number) const {
  return brackets_ ? static_cast<int64_t>(brackets_->Of(study_name_, number)) : 0;
}

}  // namespace parzen::pruner
