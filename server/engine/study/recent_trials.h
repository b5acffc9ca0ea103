// The last trials of a study that have ended, whole as they are durable: whoever ended one, or watches, soon reads it, and is
// spared the database. Bounded in number and bytes. No threads: guarded by its owner; the trials themselves never change.

#ifndef PARZEN_SERVER_ENGINE_STUDY_RECENT_TRIALS_H_
#define PARZEN_SERVER_ENGINE_STUDY_RECENT_TRIALS_H_

#include <cstdint>
#include <deque>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "server/engine/study/stored_draft.h"
#include "server/engine/types.h"
#include "storage/records.h"

namespace parzen::engine {

// An unfinished trial, or one whose end is not durable yet or was lately.
struct LiveTrial {
  storage::TrialRecord record;  // as staged, whole
  StoredDraft stored;           // record.sampler_draft, read
  bool ended() const { return record.state >= TrialState::kComplete; }
};

// Whether a record is so small that copying it takes microseconds.
bool IsSmall(const storage::TrialRecord& record);

class RecentTrials {
 public:
  static constexpr size_t kMost = 128;
  static constexpr size_t kMostWatched = 256;
  static constexpr size_t kMostBytes = size_t{1} << 20;

  // Null where it is not among them.
  std::shared_ptr<const LiveTrial> Find(int64_t number) const;
  // One that has ended; the oldest go. A large one is not kept.
  void Add(std::unique_ptr<LiveTrial> trial);
  // Something of it changes nevertheless.
  void Drop(int64_t number);
  // kMostWatched from now on.
  void KeepMore() { most_ = kMostWatched; }

  size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    std::shared_ptr<const LiveTrial> trial;
    size_t bytes;  // about
  };

  size_t most_ = kMost;
  size_t bytes_ = 0;
  absl::flat_hash_map<int64_t, Kept> kept_;
  std::deque<int64_t> order_;  // in which they ended; may name some that are kept no more
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_RECENT_TRIALS_H_
