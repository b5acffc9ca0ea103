// The trials of a study as they are staged: the state and attempt of each, the unfinished ones whole, and the queues of those
// that wait. No threads, no clock: guarded by its owner.

#ifndef PARZEN_SERVER_ENGINE_STUDY_TRIAL_TABLE_H_
#define PARZEN_SERVER_ENGINE_STUDY_TRIAL_TABLE_H_

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/engine/study/recent_trials.h"
#include "server/engine/types.h"

namespace parzen::engine {

class TrialTable {
 public:
  // Numbers are 0 to size() - 1.
  int64_t size() const { return static_cast<int64_t>(index_.size()); }
  bool Has(int64_t number) const { return number >= 0 && number < size(); }
  // Of a trial that is there.
  TrialState state(int64_t number) const { return index_[number].state; }
  int32_t attempt(int64_t number) const { return index_[number].attempt; }
  bool is_imported(int64_t number) const { return index_[number].imported; }

  // Null for a trial that has ended durably or is not there. The trial stays where it is until it is settled.
  LiveTrial* Find(int64_t number);
  const LiveTrial* Find(int64_t number) const { return const_cast<TrialTable*>(this)->Find(number); }
  // The same, and the last few small ones that have ended, whole as they are durable: whoever ended one soon looks at it.
  const LiveTrial* FindRecent(int64_t number) const;
  // One of those that have ended, to be read without the lock; null for others.
  std::shared_ptr<const LiveTrial> ShareRecent(int64_t number) const { return recent_.Find(number); }
  // From now on more of those that have ended are kept: somebody watches the study, and reads what has changed by and by.
  void KeepMore() { recent_.KeepMore(); }
  // Copies of the running trials of a worker, by number.
  std::vector<LiveTrial> RunningOf(const std::string& worker) const;

  // WAITING trials in the order in which they are handed out: those that were taken back, which go first, and those that were
  // never handed out.
  const std::set<int64_t>& retries() const { return retries_; }
  const std::set<int64_t>& waiting() const { return waiting_; }

  int64_t unfinished() const { return unfinished_; }  // WAITING and RUNNING
  int64_t imported() const { return imported_; }
  // By state; O(size).
  TrialCounts Counts() const;

  // The next trial; its number is size(). An unfinished one is kept whole.
  void Append(int32_t attempt, TrialState state, bool imported);
  void Keep(LiveTrial trial);
  // Moves a trial, whose record, if there is one, is changed by the caller.
  void Move(int64_t number, TrialState state, int32_t attempt);
  // The trial's change with this revision is durable: one that ended with it is no longer found by Find.
  void Settle(int64_t number, int64_t revision);

  size_t MemoryBytes() const { return index_.capacity() * sizeof(Index) + live_.size() * 2000 + recent_.bytes(); }

 private:
  struct Index {
    int32_t attempt;
    TrialState state;
    bool imported;
  };

  // Into or out of a queue, as its state and attempt say.
  void Enqueue(int64_t number);

  std::vector<Index> index_;  // by number
  absl::flat_hash_map<int64_t, std::unique_ptr<LiveTrial>> live_;
  RecentTrials recent_;
  std::set<int64_t> retries_;
  std::set<int64_t> waiting_;
  int64_t unfinished_ = 0;
  int64_t imported_ = 0;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_TRIAL_TABLE_H_
