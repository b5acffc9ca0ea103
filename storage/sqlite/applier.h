// Checks and applies what the writer was given, inside an open transaction.

#ifndef PARZEN_STORAGE_SQLITE_APPLIER_H_
#define PARZEN_STORAGE_SQLITE_APPLIER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/commit_queue.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/study_registry.h"
#include "storage/sqlite/trial_writer.h"
#include "storage/storage.h"

namespace parzen::storage::sqlite {

// Each kind of work has a Check, which only reads and says in `*refusal` why the work is refused, and an Apply, which comes after
// a Check without refusal and writes. Their returned status is trouble: with the file, or (INVALID_ARGUMENT, INTERNAL) with work
// that turned out to be wrong when half of it was written.
class Applier {
 public:
  explicit Applier(StudyRegistry* registry) : registry_(registry), trials_(registry) {}

  absl::Status Check(Connection& connection, const Transaction& transaction, absl::Status* refusal);
  absl::Status Apply(Connection& connection, const Transaction& transaction);

  absl::Status Check(Connection& connection, const NewStudy& study, absl::Status* refusal);
  absl::Status Apply(Connection& connection, const NewStudy& study);

  absl::Status Check(Connection&, const RequestRecord&, absl::Status*) { return absl::OkStatus(); }
  absl::Status Apply(Connection& connection, const RequestRecord& request);

  // A transaction was refused with `status`: those of its owner's that follow are refused too, with ABORTED.
  void Refused(const Transaction& transaction, const absl::Status& status);
  void Refused(const NewStudy&, const absl::Status&) {}
  void Refused(const RequestRecord&, const absl::Status&) {}

  // To be called when the transaction around the applied work has ended; RolledBack also where its outcome is open. Committed
  // returns the ids of studies that were deleted.
  std::vector<int64_t> Committed();
  void RolledBack();

 private:
  absl::Status ApplyChange(Connection& connection, KnownStudy* study, const InsertTrial& change);
  absl::Status ApplyChange(Connection& connection, KnownStudy* study, const UpdateTrial& change);
  absl::Status ApplyChange(Connection& connection, KnownStudy* study, const UpdateStudy& change);
  absl::Status ApplyChange(Connection& connection, KnownStudy* study, const DeleteStudy& change);
  absl::Status ApplyChange(Connection& connection, KnownStudy* study, const PutRequest& change);

  StudyRegistry* const registry_;
  TrialWriter trials_;
  // Since the transaction began.
  std::vector<KnownStudy*> touched_;
  std::vector<KnownStudy*> refused_;
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_APPLIER_H_
