// Leases: what renews one, and what happens when one runs out.
//
// Fencing: whoever holds a trial names it with its attempt. A trial that is taken back has its next attempt at once, so that its
// former worker neither renews it nor reports; only a late COMPLETE of an older attempt is welcome, while the trial is unfinished
// (verbs/tell.cc).

#ifndef PARZEN_SERVER_ENGINE_STUDY_LEASES_H_
#define PARZEN_SERVER_ENGINE_STUDY_LEASES_H_

#include <cstdint>
#include <span>

#include "server/engine/study/study_engine.h"
#include "server/engine/types.h"

namespace parzen::engine {

// --- Under the study's mutex.

// A full period from now, where the running trial has a lease; none where it has not.
void RenewLease(const StudyPtr& study, const storage::TrialRecord& record) REQUIRES(study->mutex());
// The trial's lease deadline by the wall clock, microseconds; 0 where it has none.
int64_t WallDeadline(const StudyPtr& study, int64_t number) REQUIRES(study->mutex());
// A running trial goes back to the queue as its next attempt. `lost`: its lease ran out, which counts against max_retries.
void StageRequeue(StagedStudy* staged, const storage::TrialRecord& record, bool lost, Batch* batch);

// --- Any thread.

// Sets the deadlines of running trials in what readers get.
void SetDeadlines(const StudyPtr& study, std::span<Trial> trials);
// Takes back the trials whose leases have run out, and tells the timer when to look again. A trial that has lost its last retry,
// or that somebody asked to stop, ends as CRASHED instead.
void ExpireLeases(const StudyPtr& study);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_LEASES_H_
