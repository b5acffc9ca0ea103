// StudyEngine: one live study. It holds the study's rooms and what leads from one to another; what can be done to a study are
// functions over it, one a file in verbs/.
//
//   StagedStudy   the study after all that is queued: what a change is checked against and gets its number and revision from
//   DurableStudy  the study as readers see it, up to the last committed revision
//   Learner       what the sampler has learned; the sampling strand's own
//
// Three kinds of threads meet here:
//  - any thread, under the mutex, for microseconds: Tell, Report, UpdateTrial, what a read looks up;
//  - the study's sampling strand, one job at a time: Ask, Suggest, Enqueue, AddTrials, UpdateStudy, DeleteStudy. It owns the
//    Learner and alone gives out numbers, so that a number that is sampled for stays free while the mutex is not held;
//  - the storage's writer, which says what became of what was queued.
//
// One critical section validates a change, gives it its number and revision, stages it and queues it: queue order = revision
// order = commit order. What other threads tell reaches the Learner through StagedStudy::TakeEnded, in the order staged.
//
// A trial goes from WAITING to RUNNING when it is asked for and to an end when it is told; a lost lease or a PREEMPTED takes it
// back to WAITING with its parameters and its next attempt (leases.h). To the learner such a trial goes on running: it is
// pending. Leases are counted by the monotonic clock, in memory: renewing one writes nothing.
//
// A failed commit ends the engine: everything staged is forgotten, every later call is refused with UNAVAILABLE, and the owner
// (EngineContext::dropped) loads the study anew from storage before its next call.

#ifndef PARZEN_SERVER_ENGINE_STUDY_STUDY_ENGINE_H_
#define PARZEN_SERVER_ENGINE_STUDY_STUDY_ENGINE_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "server/engine/meter.h"
#include "server/engine/service.h"
#include "server/engine/study/batch.h"
#include "server/engine/study/durable.h"
#include "server/engine/study/learner.h"
#include "server/engine/study/pareto_front.h"
#include "server/engine/study/request_table.h"
#include "server/engine/study/staged.h"
#include "server/engine/study/trial_view.h"
#include "server/engine/threads/compute_pool.h"
#include "server/engine/threads/lease_timer.h"
#include "server/engine/threads/thread_pool.h"
#include "server/engine/watch_hub.h"
#include "storage/storage.h"

namespace parzen::engine {

class StudyEngine;
using StudyPtr = std::shared_ptr<StudyEngine>;

// What all live studies share.
struct EngineContext {
  storage::Storage* storage = nullptr;
  ThreadPool* readers = nullptr;
  ComputePool* compute = nullptr;
  LeaseTimer* lease_timer = nullptr;
  std::function<int64_t()> wall_micros;
  std::function<int64_t()> monotonic_micros;
  std::function<int64_t()> request_micros;  // see request_clock.h
  int64_t request_lifetime_micros = 0;
  // The engine has failed (or its study is deleted) and takes no more calls.
  std::function<void(const StudyPtr&)> dropped;
  Meter* meter = nullptr;                                    // null: nobody measures
  std::function<void(const ExpiredLeases&)> leases_expired;  // may be unset
};

// What the mutex guards and verbs work on.
struct StudyRooms {
  StagedStudy staged;
  DurableStudy durable;
  RequestTable requests;
};

// A study as it comes from storage (load.h).
struct LoadedStudy {
  StudyIdentity identity;
  int64_t epoch = 0;  // from Storage::AcquireStudy
  StudyRooms rooms;
  std::unique_ptr<Learner> learner;
  std::unique_ptr<DistributionTable> distributions;
};

class StudyEngine : public std::enable_shared_from_this<StudyEngine> {
 public:
  StudyEngine(EngineContext context, std::shared_ptr<WatchHub> hub, LoadedStudy loaded);

  const StudyIdentity& identity() const { return identity_; }
  const EngineContext& context() const { return context_; }
  int64_t Now() const { return context_.wall_micros(); }
  DistributionTable* distributions() const { return distributions_.get(); }
  SharedFront* front() { return &front_; }

  // --- Under the mutex, which is held for microseconds.

  Mutex* mutex() PARZEN_THREAD_ANNOTATION(lock_returned(mutex_)) { return &mutex_; }
  StudyRooms& rooms() REQUIRES(mutex_) { return rooms_; }
  // Whether calls are taken: UNAVAILABLE for an engine that has failed, NO_SUCH_STUDY once a delete is staged.
  absl::Status Check() const REQUIRES(mutex_);
  // Queues a transaction; `key` and `result`, where there is an id, are kept with it, as long as `trial` lives or, where that is
  // negative, for the lifetime of requests. One without changes is answered when what is queued before it is. Returns the answers
  // that wait for nothing: the caller makes them, with OK, once the mutex is released.
  [[nodiscard]] Answers Queue(BatchPtr batch, const RequestKey& key, std::string result, int64_t trial) REQUIRES(mutex_);
  // Has the timer look when the next lease runs out. `looked`: it has just looked, and is to be armed again.
  void ArmLeases(bool looked = false) REQUIRES(mutex_);

  // --- On the strand.

  const std::shared_ptr<ComputePool::Strand>& strand() const { return strand_; }
  Learner& learner() { return *learner_; }
  void NoteMemory() EXCLUDES(mutex_);

  // --- Any thread.

  // Ends the engine: what is in memory can be trusted no more.
  void Fail(const absl::Status& status) EXCLUDES(mutex_);
  // About how many bytes the study takes.
  int64_t MemoryBytes() const { return memory_bytes_.load(std::memory_order_relaxed); }
  // Whether a trial has a lease: only an engine in memory sees it run out.
  bool HasLeases() const { return has_leases_.load(std::memory_order_relaxed); }

 private:
  // The writer's: the first in queued_ is durable, or has failed.
  void Committed(const BatchPtr& batch, const absl::Status& status) EXCLUDES(mutex_);

  const EngineContext context_;
  const StudyIdentity identity_;
  const int64_t epoch_;
  const std::shared_ptr<WatchHub> hub_;
  const std::shared_ptr<ComputePool::Strand> strand_;
  const std::unique_ptr<DistributionTable> distributions_;
  const std::unique_ptr<Learner> learner_;  // the strand's own
  SharedFront front_;
  std::atomic<int64_t> memory_bytes_{0};
  std::atomic<bool> has_leases_{false};

  Mutex mutex_;
  StudyRooms rooms_ GUARDED_BY(mutex_);
  std::deque<BatchPtr> queued_ GUARDED_BY(mutex_);
  int64_t lease_look_ GUARDED_BY(mutex_) = LeaseTable::kNever;  // when the timer looks next
  absl::Status failure_ GUARDED_BY(mutex_);                     // not OK: the engine has failed
};

// Makes the answers that Queue returned.
inline void AnswerNow(const Answers& answers) {
  for (const auto& answer : answers) answer(absl::OkStatus());
}

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_STUDY_ENGINE_H_
