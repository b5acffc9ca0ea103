// Writes batches into PostgreSQL, for the queue (commit_queue.h): two round trips a batch, one that begins the transaction, locks
// the studies' rows and reads what is not remembered, and one that writes and commits.

#ifndef PARZEN_STORAGE_POSTGRES_WRITER_H_
#define PARZEN_STORAGE_POSTGRES_WRITER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/commit_queue.h"
#include "storage/known_study.h"
#include "storage/postgres/batch.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/replicas.h"

namespace parzen::storage::postgres {

class Writer : public Committer {
 public:
  // `connection` is opened already; it is opened again from `url` when it was lost. `self` outlives the writer.
  // So does `marks`.
  Writer(std::string url, std::unique_ptr<Connection> connection, const Self* self, Marks* marks)
      : url_(std::move(url)), self_(self), marks_(marks), connection_(std::move(connection)) {}

  absl::Status Commit(std::span<WorkItem> batch) override;
  bool Lose(const Transaction& transaction, const absl::Status& reason) override;
  absl::StatusOr<int64_t> Acquire(uint64_t uid) override;
  absl::StatusOr<bool> ExpireSlice(int64_t now) override;
  absl::Status FindDeleted() override;
  bool HasDeleted() const override { return !deleted_.empty(); }
  absl::Status PurgeSlice() override;

 private:
  enum class Outcome {
    kCommitted,
    kRefused,       // a piece of the batch was refused when statements had been made of it: again, without it
    kConflict,      // again, as it is
    kDisconnected,  // before anything was to be committed: again, with a new connection
    kFailed,
  };
  // One try; what it leaves of the transaction is undone.
  Outcome Try(std::span<WorkItem> items, absl::Status* status);
  Outcome Write(std::span<WorkItem> items, Batch& batch, absl::Status* status);
  // Sends the batch's statements; `owners` has for each the number of its item. kCommitted means, without `commit`, that they did
  // well.
  Outcome SendAndWait(std::span<WorkItem> items, Batch& batch, const std::vector<size_t>& owners, bool commit,
                      absl::Status* status);
  Outcome RefuseTaken(WorkItem& item);
  void Refuse(WorkItem& item, absl::Status refusal);
  Outcome OutcomeOf(const Answer& answer, absl::Status* status);

  absl::Status Connect();
  // Runs `slice` in a transaction of its own, again after a conflict or where the connection was lost before.
  absl::Status InTransaction(const std::function<absl::Status(Connection&)>& slice);
  void Pause(int conflicts);
  // The study's id, its new epoch and its revision; no row where there is none. PERMISSION_DENIED where it is another's,
  // OUT_OF_RANGE where it has gone back.
  absl::StatusOr<Rows> TakeOver(Connection& connection, uint64_t uid);
  absl::Status KeepSetbacks(const std::vector<Batch::Setback>& setbacks);

  const std::string url_;
  const Self* const self_;
  Marks* const marks_;
  std::unique_ptr<Connection> connection_;
  bool is_replicas_ = false;  // the connection is set up for one server of several
  KnownStudies studies_;
  std::vector<KnownStudy*> refused_;  // since the transaction began
  std::deque<int64_t> deleted_;       // studies whose rows are to be removed
  std::minstd_rand random_{std::random_device()()};
};

}  // namespace parzen::storage::postgres

#endif  // PARZEN_STORAGE_POSTGRES_WRITER_H_
