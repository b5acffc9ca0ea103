// A study as readers see it: up to the last committed revision. Counts, which trial is in which state and changed when, the
// study's face, and what may be its best trials. No threads, no callbacks: guarded by its owner.

#ifndef PARZEN_SERVER_ENGINE_STUDY_DURABLE_H_
#define PARZEN_SERVER_ENGINE_STUDY_DURABLE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "server/engine/study/batch.h"
#include "server/engine/study/face.h"
#include "server/engine/study/pareto_front.h"
#include "server/engine/study/revision_log.h"
#include "server/engine/types.h"

namespace parzen::engine {

class DurableStudy {
 public:
  explicit DurableStudy(std::shared_ptr<const Face> face)
      : face_(std::move(face)), revision_(face_->revision), candidates_(face_->definition->directions) {}

  const std::shared_ptr<const Face>& face() const { return face_; }
  int64_t revision() const { return revision_; }
  // Trials become visible in number order.
  int64_t size() const { return static_cast<int64_t>(states_.size()); }
  bool Has(int64_t number) const { return number >= 0 && number < size(); }
  TrialCounts Counts() const;

  // The next entries after a revision, ascending by it, or after a number, ascending by number; of the trials whose state
  // is wanted, at most `limit`.
  template <typename Wanted>
  std::vector<RevisionLog::Entry> AfterRevision(int64_t revision, size_t limit, Wanted wanted) const {
    return log_.After(revision, limit, [&](int64_t number) { return wanted(states_[number]); });
  }
  template <typename Wanted>
  std::vector<RevisionLog::Entry> AfterNumber(int64_t after, size_t limit, Wanted wanted) const {
    std::vector<RevisionLog::Entry> entries;
    for (int64_t number = after + 1; number < size() && entries.size() < limit; ++number) {
      if (wanted(states_[number])) entries.push_back({log_.Latest(number), number});
    }
    return entries;
  }

  // Trials that may be the best and have not been compared yet; none are left.
  Candidates TakeCandidates() { return candidates_.Take(); }

  // A transaction is durable.
  void Apply(const Batch& batch);

  // --- Loading: rows in number order, then the revisions of all of them.

  // `candidate`: the values of a complete, feasible trial; else empty.
  void LoadRow(TrialState state, bool imported, std::span<const double> candidate);
  void LoadRevisions(std::vector<RevisionLog::Entry> entries, int64_t revision);

  size_t MemoryBytes() const { return states_.capacity() + log_.MemoryBytes() + candidates_.MemoryBytes(); }

 private:
  std::shared_ptr<const Face> face_;
  int64_t revision_;
  std::vector<TrialState> states_;  // by number
  int64_t counts_[6] = {};          // by TrialState
  int64_t imported_ = 0;
  RevisionLog log_;
  Candidates candidates_;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_DURABLE_H_
