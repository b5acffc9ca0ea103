#include "server/engine/study/guest_samplers.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"

namespace parzen::engine {

absl::StatusOr<Sampler*> GuestSamplers::Get(SamplerConfig config, const std::vector<Direction>& directions) {
  if (config.algorithm_version == 0) config.algorithm_version = NewestAlgorithmVersion(config.kind);
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) { return kept.config == config; });
  if (found != kept_.end()) {
    std::rotate(kept_.begin(), found, found + 1);
    return kept_.front().sampler.get();
  }
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Sampler> made, MakeSampler(config, directions));
  if (kept_.size() == kMost) kept_.pop_back();
  kept_.insert(kept_.begin(), {std::move(config), std::move(made)});
  return kept_.front().sampler.get();
}

size_t GuestSamplers::CopiesOfHistory() const {
  return static_cast<size_t>(
      std::count_if(kept_.begin(), kept_.end(), [](const Kept& kept) { return !RepeatsPoints(kept.config); }));
}

}  // namespace parzen::engine
