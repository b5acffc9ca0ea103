// What keeps live studies in order without being asked: takes back trials whose leases run out, forgets expired requests, lets
// idle studies go.

#ifndef PARZEN_SERVER_ENGINE_UPKEEP_H_
#define PARZEN_SERVER_ENGINE_UPKEEP_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "server/engine/live_studies.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {

class Upkeep {
 public:
  // Both outlive it; `context` needs everything but `dropped`. The first look at all leases is due at once.
  Upkeep(const EngineContext& context, LiveStudies* studies);

  // The timer's (EngineContext::lease_timer): a study's leases are due, or, for kAllStudies, those of every study that has any.
  static constexpr uint64_t kAllStudies = 0;  // no study's uid
  void LeasesDue(uint64_t uid);
  // At every call: now and then it has studies forget and be evicted.
  void Tick();
  // No more studies are loaded for their leases.
  void Stop() { stopped_ = true; }

 private:
  void LoadLeased(std::vector<uint64_t> uids);

  const EngineContext context_;
  LiveStudies* const studies_;
  std::atomic<bool> stopped_{false};
  std::atomic<int64_t> ticked_at_{0};
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_UPKEEP_H_
