#include "sampler/pruner/threshold.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "sampler/pruner/interval.h"
#include "sampler/pruner/reason.h"

namespace parzen::pruner {

void ThresholdPruner::Report(int64_t number, int64_t step, std::span<const double> values) {
  Last& last = running_[number];
  if (step > last.step) {
    last = {.step = step, .second_step = last.step, .value = values[0]};
  } else if (step == last.step) {
    last.value = values[0];
  } else {
    last.second_step = std::max(last.second_step, step);
  }
}

PruneDecision ThresholdPruner::Decide(int64_t number) {
  const auto found = running_.find(number);
  if (found == running_.end()) return {};
  const Last& last = found->second;
  if (!IsFirstInInterval(last.step, last.second_step, options_.n_warmup_steps, options_.interval_steps)) return {};
  const double lower = options_.lower.value_or(-std::numeric_limits<double>::infinity());
  const double upper = options_.upper.value_or(std::numeric_limits<double>::infinity());
  std::string why;
  if (std::isnan(last.value)) why = "the value is NaN";
  if (last.value < lower) why = absl::StrCat(Number(last.value), " is below the lower bound ", Number(lower));
  if (last.value > upper) why = absl::StrCat(Number(last.value), " is above the upper bound ", Number(upper));
  if (why.empty()) return {};
  return {.prune = true, .reason = PrunedAt(last.step, why), .rungs = {}, .resource = {}};
}

}  // namespace parzen::pruner
