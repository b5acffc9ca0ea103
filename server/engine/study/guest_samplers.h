// Samplers that callers bring with their questions, over one study's history; the ones used last are kept for the next questions.

#ifndef PARZEN_SERVER_ENGINE_STUDY_GUEST_SAMPLERS_H_
#define PARZEN_SERVER_ENGINE_STUDY_GUEST_SAMPLERS_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "sampler/make_sampler.h"

namespace parzen::engine {

// Owned by the study's sampling strand: one thread at a time.
class GuestSamplers {
 public:
  // The sampler with this configuration. Version 0 is the newest. INVALID_ARGUMENT as MakeSampler. It lives until the next call.
  absl::StatusOr<Sampler*> Get(SamplerConfig config, const std::vector<Direction>& directions);

  // Forgets all: for a history that has changed otherwise than by growing.
  void Clear() { kept_.clear(); }

  // Of those kept, how many keep a copy of the history.
  size_t CopiesOfHistory() const;

 private:
  static constexpr size_t kMost = 16;
  struct Kept {
    SamplerConfig config;
    std::unique_ptr<Sampler> sampler;
  };

  std::vector<Kept> kept_;  // the one used last first
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_GUEST_SAMPLERS_H_
