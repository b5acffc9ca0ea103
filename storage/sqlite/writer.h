// Writes batches into the file, for the queue (commit_queue.h).
//
// Work is checked against what the writer remembers before anything of it is written, so a refused piece leaves the others alone;
// what turns out to be wrong only when half written is taken out and the batch is run again without it. When a commit fails, or
// its file is not in its place afterwards, the connection is closed.

#ifndef PARZEN_STORAGE_SQLITE_WRITER_H_
#define PARZEN_STORAGE_SQLITE_WRITER_H_

#include <cstdint>
#include <functional>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/commit_queue.h"
#include "storage/sqlite/applier.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/gate.h"
#include "storage/sqlite/purger.h"
#include "storage/sqlite/study_registry.h"

namespace parzen::storage::sqlite {

class Writer : public Committer {
 public:
  // Transactions go through the gate, where there is one.
  Writer(Database* database, Gate* gate);

  absl::Status Commit(std::span<WorkItem> batch) override;
  bool Lose(const Transaction& transaction, const absl::Status& reason) override;
  absl::StatusOr<int64_t> Acquire(uint64_t uid) override;
  absl::StatusOr<bool> ExpireSlice(int64_t now) override;
  absl::Status FindDeleted() override;
  bool HasDeleted() const override { return purger_.HasWork(); }
  absl::Status PurgeSlice() override;

 private:
  // Applies the items and commits. A failure is trouble with the file.
  absl::Status TryBatch(Connection& connection, std::span<WorkItem> batch, bool* again);
  absl::Status RunItem(Connection& connection, WorkItem& item, bool* again);
  void Refuse(WorkItem& item, absl::Status status);
  // Commits, and looks whether what was committed is in the file that others find. UNAVAILABLE where it is not: the outcome is
  // open then, since the file may come back.
  absl::Status CommitChecked(Connection& connection);
  // A failure as callers may see it: the codes of storage.h, and what has become of the files where that is the cause.
  absl::Status Failure(const absl::Status& status);
  // Runs `slice` in a transaction of its own.
  absl::Status InTransaction(const std::function<absl::Status(Connection&)>& slice);

  Database* const database_;
  Gate* const gate_;
  StudyRegistry registry_;
  Applier applier_;
  Purger purger_;
  int64_t last_epoch_;
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_WRITER_H_
