// The queue before a storage's writer: one thread that commits what waits, together, in the order in which it was submitted.
//
// Everything that has arrived while the last commit ran becomes the next batch: one transaction of the database, one sync. How a
// batch is written is the database's business (Committer); what follows from its outcome is the same for all, and here.
//
// When a commit fails, every study with work in the batch is lost to its owner, and its work in the queue fails with it; what the
// owner submits later fails too, until AcquireStudy gives the study a new epoch. A refused piece loses its study in the same way.

#ifndef PARZEN_STORAGE_COMMIT_QUEUE_H_
#define PARZEN_STORAGE_COMMIT_QUEUE_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "storage/storage.h"

namespace parzen::storage {

struct NewStudy {
  StudyRecord study;
  std::optional<RequestRecord> request;
};

using Work = std::variant<Transaction, NewStudy, RequestRecord>;

// One piece of work in a batch. The committer sets the last two where it refuses it.
struct WorkItem {
  Work work;
  Callback done;
  absl::Status outcome = absl::OkStatus();
  bool refused = false;
};

// What a database does for the queue. Called on the queue's thread only.
class Committer {
 public:
  virtual ~Committer() = default;

  // Applies a batch in one transaction and commits it; items that do not fit are refused, and the others are not touched by that.
  // A failure, by the codes of storage.h, is that of the whole batch: nothing of it is kept, or its outcome is open.
  virtual absl::Status Commit(std::span<WorkItem> batch) = 0;
  // Takes a study from its owner for `reason`. False where the transaction's epoch is not the present owner's, or it is lost
  // already.
  virtual bool Lose(const Transaction& transaction, const absl::Status& reason) = 0;
  virtual absl::StatusOr<int64_t> Acquire(uint64_t uid) = 0;

  // Removes, in a transaction of its own, a slice of the requests that expired before `now`; true where more are left.
  virtual absl::StatusOr<bool> ExpireSlice(int64_t now) = 0;
  // Finds the rows of studies that were deleted before; removes a slice of those of deleted studies, in a transaction of its own.
  virtual absl::Status FindDeleted() = 0;
  virtual bool HasDeleted() const = 0;
  virtual absl::Status PurgeSlice() = 0;
};

class CommitQueue {
 public:
  struct Options {
    bool group_commit = true;                        // false: one commit a piece of work
    std::function<void(int64_t, double)> committed;  // pieces and seconds of each commit, where set
    std::function<void(std::string_view)> warn;
  };
  CommitQueue(Committer* committer, Options options);
  // Finishes everything submitted.
  ~CommitQueue();
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  void Submit(Work work, Callback done);
  void Expire(int64_t now, Callback done);
  // These two wait; FAILED_PRECONDITION (or at once) on the queue's own thread, in a callback, where they could not.
  absl::StatusOr<int64_t> Acquire(uint64_t uid);
  void Flush();

 private:
  struct Expiry {
    int64_t now;
    Callback done;
  };
  // Run between batches, when everything before it is done.
  using Barrier = std::function<void()>;
  using Entry = std::variant<WorkItem, Expiry, Barrier>;
  // What comes next: items that can be committed together, or one of the others.
  struct Next {
    std::vector<WorkItem> items;
    std::optional<Expiry> expiry;
    Barrier barrier;
  };

  void Push(Entry entry);
  void Wait(Barrier barrier);
  void Run();
  // Takes the front of the queue; waits for work. False at the end.
  bool Take(Next* next);
  void WaitForWork() REQUIRES(mutex_);
  void RunNext(Next& next);
  void RunBatch(std::vector<WorkItem>& batch);
  void Fail(std::vector<WorkItem>& batch, const absl::Status& status);
  void RunExpirySlice();
  void RunPurgeSlice();
  void Warn(std::string_view text) const;
  bool OnThread() const { return std::this_thread::get_id() == thread_.get_id(); }

  Committer* const committer_;
  const Options options_;

  // The thread's own.
  std::deque<Expiry> expiries_;
  std::optional<std::chrono::steady_clock::time_point> purge_after_;  // a purge that failed waits a while
  int64_t failures_ = 0;                                              // of commits since the last that succeeded

  // Shared with whoever is about to wake the thread: its callback may let the owner end the queue in that moment.
  const std::shared_ptr<CondVar> wake_ = std::make_shared<CondVar>();
  Mutex mutex_;
  std::deque<Entry> queue_ GUARDED_BY(mutex_);
  bool stop_ GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_COMMIT_QUEUE_H_
