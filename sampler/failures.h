// What a history says about failed trials, kept from ask to ask: which points failed, and how many of the latest trials did.
//
// FAILED and INFEASIBLE count alike here: a run that crashed, ran out of memory or diverged is evidence about its point. What a
// sampler makes of it is its own affair; this is what all of them share: no point that failed is handed out again while another
// is left, and the more of the latest trials failed, the more cautious the next one is.

#ifndef PARZEN_SAMPLER_FAILURES_H_
#define PARZEN_SAMPLER_FAILURES_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "sampler/history.h"
#include "sampler/space/space.h"

namespace parzen {

inline bool IsFailure(RowState state) { return state == RowState::kFailed || state == RowState::kInfeasible; }

// From 0 where few of the latest trials failed - as few as failures that have nothing to do with the parameters explain - to 1.
// A model of where runs fail is never so good that the most promising point within what it calls safe is as safe as the rest:
// searches end at edges. So what counts as safe is governed by how often trials that were thought safe failed.
double CautionFor(double share_failed);

// How many of the latest trials CautionFor's share is of.
inline constexpr size_t kLatestTrials = 20;

// The points that failed and the share of the latest trials. Follows one history and one space.
class Failures {
 public:
  // Takes up the rows that ended since the last call; starts over for another history or space.
  void Update(const History& history, const SearchSpace* space);

  // Failed trials.
  int64_t count() const { return count_; }
  // Trials that ended, in whatever way.
  int64_t ended() const { return ended_; }
  // The share that failed of the ended trials with the highest numbers.
  double share() const;
  // Whether a trial with this very point failed; `point` is one of the space given to Update.
  bool Contains(const Point& point) const { return points_.contains(HashOf(point)); }

 private:
  // Values of a grid count by their place on it: what doubles add up to may differ in the last bit.
  uint64_t HashOf(const Point& point) const;

  const History* history_ = nullptr;
  const SearchSpace* space_ = nullptr;
  size_t read_ = 0;  // of history.finished()
  int64_t count_ = 0, ended_ = 0;
  // Of the latest trials by number, ascending, whether each failed. The order in which results arrived must not matter.
  std::vector<std::pair<int32_t, bool>> latest_;
  absl::flat_hash_set<uint64_t> points_;  // hashes: that two points share one is as good as impossible, and would cost one draw
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_FAILURES_H_
