#include "server/engine/study/guest_samplers.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"

namespace parzen::engine {
namespace {

bool DifferInSeedOnly(const SamplerConfig& a, SamplerConfig b) {
  b.seed = a.seed;
  return a == b;
}

// TPE reads the history anew for each suggestion of Optuna 2.9.1's.
bool CopiesHistory(const SamplerConfig& config) {
  return config.kind != SamplerKind::kTpe || config.tpe.reproduce != Reproduce::kOptuna291;
}

}  // namespace

absl::StatusOr<Sampler*> GuestSamplers::Get(SamplerConfig config, const std::vector<Direction>& directions) {
  if (config.algorithm_version == 0) config.algorithm_version = NewestAlgorithmVersion(config.kind);
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) { return kept.config == config; });
  if (found != kept_.end()) {
    std::rotate(kept_.begin(), found, found + 1);
    return kept_.front().sampler.get();
  }
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Sampler> made, MakeSampler(config, directions));
  const auto alike =
      std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) { return DifferInSeedOnly(kept.config, config); });
  if (alike != kept_.end()) made->LearnWith(*alike->sampler);
  if (kept_.size() == kMost) kept_.pop_back();
  kept_.insert(kept_.begin(), {std::move(config), std::move(made)});
  return kept_.front().sampler.get();
}

size_t GuestSamplers::CopiesOfHistory() const {
  size_t copies = 0;
  for (auto kept = kept_.begin(); kept != kept_.end(); ++kept) {
    const bool shares = kept->config.kind == SamplerKind::kTpe && std::any_of(kept_.begin(), kept, [&](const Kept& other) {
                          return DifferInSeedOnly(other.config, kept->config);
                        });
    if (CopiesHistory(kept->config) && !shares) ++copies;
  }
  return copies;
}

}  // namespace parzen::engine
