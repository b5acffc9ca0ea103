// The writer: one thread that commits what waits, together, in the order in which it was submitted.
//
// Everything that has arrived while the last commit ran becomes the next batch: one SQLite transaction, one sync. Work is checked
// against what the writer remembers before anything of it is written, so a refused piece leaves the others alone; what turns out
// to be wrong only when half written is taken out and the batch is run again without it.
//
// When a commit fails, or its file is not in its place afterwards, the connection is closed, every study with work in the batch
// is lost to its owner, and its work in the queue fails with it; what the owner submits later fails too, until AcquireStudy gives
// the study a new epoch. A refused piece loses its study in the same way.

#ifndef PARZEN_STORAGE_SQLITE_WRITER_H_
#define PARZEN_STORAGE_SQLITE_WRITER_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "storage/sqlite/applier.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/gate.h"
#include "storage/sqlite/purger.h"
#include "storage/sqlite/study_registry.h"
#include "storage/storage.h"

namespace parzen::storage::sqlite {

class Writer {
 public:
  struct Options {
    bool group_commit = true;
    Gate* gate = nullptr;                            // transactions go through it, where there is one
    std::function<void(int64_t, double)> committed;  // transactions and seconds of each commit, where set
    std::function<void(std::string_view)> warn;
  };
  Writer(Database* database, Options options);
  // Finishes everything submitted.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  using Work = std::variant<Transaction, NewStudy, RequestRecord>;
  void Submit(Work work, Callback done);
  void Expire(int64_t now, Callback done);
  // These two wait; FAILED_PRECONDITION (or at once) on the writer's own thread, in a callback, where they could not.
  absl::StatusOr<int64_t> Acquire(uint64_t uid);
  void Flush();

 private:
  struct Item {
    Work work;
    Callback done;
    absl::Status outcome = absl::OkStatus();
    bool refused = false;
  };
  struct Expiry {
    int64_t now;
    Callback done;
  };
  // Run between batches, when everything before it is done.
  using Barrier = std::function<void()>;
  using Entry = std::variant<Item, Expiry, Barrier>;

  void Push(Entry entry);
  void Wait(Barrier barrier);
  void Run();
  // Takes what can be committed together from the front of the queue; waits for work.
  bool TakeBatch(std::vector<Entry>* batch);
  void WaitForWork() REQUIRES(mutex_);
  void RunEntries(std::vector<Entry>& entries);

  void RunBatch(std::vector<Entry>& batch);
  // Applies the items and commits. A failure is trouble with the file.
  absl::Status TryBatch(Connection& connection, std::vector<Entry>& batch, bool* again);
  absl::Status RunItem(Connection& connection, Item& item, bool* again);
  void Refuse(Item& item, absl::Status status);
  void Fail(std::vector<Entry>& batch, const absl::Status& status);

  // Commits, and looks whether what was committed is in the file that others find. UNAVAILABLE where it is not: the outcome is
  // open then, since the file may come back.
  absl::Status Commit(Connection& connection);
  // Runs `slice` in a transaction of its own.
  absl::Status InTransaction(const std::function<absl::Status(Connection&)>& slice);
  void RunExpirySlice();
  void RunPurgeSlice();
  absl::StatusOr<int64_t> AcquireNow(uint64_t uid);
  bool OnThread() const { return std::this_thread::get_id() == thread_.get_id(); }

  Database* const database_;
  const Options options_;

  // The thread's own.
  StudyRegistry registry_;
  Applier applier_;
  Purger purger_;
  std::deque<Expiry> expiries_;
  std::optional<std::chrono::steady_clock::time_point> purge_after_;  // a purge that failed waits a while
  int64_t last_epoch_;
  int64_t failures_ = 0;  // of commits since the last that succeeded

  Mutex mutex_;
  CondVar wake_;
  std::deque<Entry> queue_ GUARDED_BY(mutex_);
  bool stop_ GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_WRITER_H_
