// Threads that sample. A Strand runs its jobs one at a time, in the order they were posted; strands with work take turns, a slice
// of jobs each, so that one busy study does not hold up the others; a long job does a part a turn (PostNext); background jobs run
// when no strand has anything else.
//
// A call's thread may still be in what follows its answer when the service ends. So the strands share the pool: it is ended, not
// destroyed, before what its jobs use, and what is posted afterwards is dropped.

#ifndef PARZEN_SERVER_ENGINE_COMPUTE_POOL_H_
#define PARZEN_SERVER_ENGINE_COMPUTE_POOL_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace parzen::engine {

// Thread safe, but for End. Owned by a shared pointer.
class ComputePool : public std::enable_shared_from_this<ComputePool> {
 public:
  class Strand;

  explicit ComputePool(int threads);
  ~ComputePool();
  ComputePool(const ComputePool&) = delete;
  ComputePool& operator=(const ComputePool&) = delete;

  std::shared_ptr<Strand> MakeStrand();

  // Waits until what is queued has run (background jobs are dropped), and what callers run. Not from a job.
  void End();

 private:
  using Job = std::function<void()>;

  // What a thread takes from a strand at a time: jobs until this many have run or this long has passed.
  static constexpr int kSliceJobs = 32;
  static constexpr int64_t kSliceMicros = 2000;

  void Post(const std::shared_ptr<Strand>& strand, Job job);
  void RunOrPost(const std::shared_ptr<Strand>& strand, Job job);
  void PostNext(Strand* strand, Job job);
  void PostBackground(const std::shared_ptr<Strand>& strand, Job job);
  void Work();
  // The lock is let go while a job runs.
  void RunSlice(const std::shared_ptr<Strand>& strand) REQUIRES(mutex_);
  void RunBackground(const std::shared_ptr<Strand>& strand) REQUIRES(mutex_);
  // One that is running_ already.
  void RunJob(const std::shared_ptr<Strand>& strand, Job job) REQUIRES(mutex_);
  void Requeue(const std::shared_ptr<Strand>& strand) REQUIRES(mutex_);
  // The next strand with a background job that does not run; background_.end() where there is none.
  std::deque<std::shared_ptr<Strand>>::iterator NextIdle() REQUIRES(mutex_);
  void DropBackground();

  Mutex mutex_;
  CondVar wake_;
  // Each at most once, never one that is running.
  std::deque<std::shared_ptr<Strand>> ready_ GUARDED_BY(mutex_);
  // Strands that have a background job; skipped where they run.
  std::deque<std::shared_ptr<Strand>> background_ GUARDED_BY(mutex_);
  int working_ GUARDED_BY(mutex_);   // threads; 0: it has ended
  int lent_ GUARDED_BY(mutex_) = 0;  // strands whose job a caller runs
  bool ending_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

class ComputePool::Strand : public std::enable_shared_from_this<Strand> {
 public:
  explicit Strand(std::shared_ptr<ComputePool> pool) : pool_(std::move(pool)) {}

  void Post(std::function<void()> job) { pool_->Post(shared_from_this(), std::move(job)); }
  // Runs the job at once, on the caller's thread, where the strand has nothing else to do: for jobs of microseconds, which waking
  // a thread would make several times longer.
  void RunOrPost(std::function<void()> job) { pool_->RunOrPost(shared_from_this(), std::move(job)); }
  // Both for a job of this strand while it runs. A long one that finds its turn over posts what is left of it, which comes before
  // all else that the strand has, background jobs included, once the other strands have had their turns.
  bool TurnIsOver() const { return std::chrono::steady_clock::now() >= turn_ends_; }
  void PostNext(std::function<void()> job) { pool_->PostNext(this, std::move(job)); }
  // Replaces a background job that has not begun.
  void PostBackground(std::function<void()> job) { pool_->PostBackground(shared_from_this(), std::move(job)); }

 private:
  friend class ComputePool;

  std::chrono::steady_clock::time_point turn_ends_;  // the running thread's own
  const std::shared_ptr<ComputePool> pool_;
  // Under the pool's mutex: the compiler cannot know that a pool's strands are those whose pool_ it is.
  std::deque<Job> jobs_;
  Job background_job_;
  bool running_ = false;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_COMPUTE_POOL_H_
