// The studies in memory: loaded at first use on a reader thread, evicted when idle and without leases over a memory bound,
// dropped when they fail.

#ifndef PARZEN_SERVER_ENGINE_LIVE_STUDIES_H_
#define PARZEN_SERVER_ENGINE_LIVE_STUDIES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {

class LiveStudies {
 public:
  // Called once, from inside With... where the study is live, from a reader thread otherwise.
  using Use = std::function<void(absl::StatusOr<StudyPtr>)>;

  // `context.dropped` is set here.
  LiveStudies(EngineContext context, int64_t memory_bound);

  // NO_SUCH_STUDY where there is none.
  void WithName(std::string name, Use use);
  void WithUid(uint64_t uid, Use use);

  // The live engine, or null.
  StudyPtr Live(uint64_t uid);

  // Ends the live engine of a study, or of all (uid 0), for its study is another server's: the next use loads it anew.
  void LetGo(uint64_t uid);

  // Those that are loaded.
  int64_t Count() const;
  // Of at most `limit` studies, those used last first.
  std::vector<StudyCounts> Counts(size_t limit) const;
  // Of a study, whether it is live or not. Kept while anybody holds it.
  std::shared_ptr<WatchHub> Hub(uint64_t uid);
  // Lets idle studies without leases go, least recently used first, until the rest fits the bound.
  void Evict();
  void ExpireRequests(int64_t now);

 private:
  struct Slot {
    StudyPtr engine;           // null while it is being loaded
    std::vector<Use> waiting;  // for the load
    int64_t used = 0;          // clock_ at the last use
  };

  // The same as Live.
  StudyPtr FindLive(uint64_t uid) REQUIRES(mutex_);
  void Load(uint64_t uid);
  void Dropped(const StudyPtr& engine);

  EngineContext context_;
  const int64_t memory_bound_;
  mutable Mutex mutex_;
  absl::flat_hash_map<uint64_t, Slot> slots_ GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, uint64_t> uids_ GUARDED_BY(mutex_);  // of live studies by name
  absl::flat_hash_map<uint64_t, std::weak_ptr<WatchHub>> hubs_ GUARDED_BY(mutex_);
  int64_t clock_ GUARDED_BY(mutex_) = 0;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_LIVE_STUDIES_H_
