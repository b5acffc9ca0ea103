#include "storage/sqlite/writer.h"

#include <utility>
#include <variant>

#include "base/status_macros.h"
#include "storage/sqlite/status.h"

namespace parzen::storage::sqlite {
Writer::Writer(Database* database, Gate* gate)
    : database_(database), gate_(gate), applier_(&registry_), last_epoch_(database->opens() << 32) {}

absl::Status Writer::Failure(const absl::Status& status) {
  if (status.ok()) return status;
  PARZEN_RETURN_IF_ERROR(database_->CheckFailure());
  return IsEnvironmentFailure(status) ? status : absl::UnavailableError(status.message());
}

absl::Status Writer::Commit(std::span<WorkItem> batch) {
  const Gate::Writing gate(gate_);
  absl::StatusOr<Database::Lease> connection = database_->Write();
  absl::Status status = connection.status();
  bool again = status.ok();
  while (again) {
    again = false;
    status = TryBatch(**connection, batch, &again);
    if (!status.ok() || again) {
      (*connection)->Rollback();
      applier_.RolledBack();
    }
  }
  if (connection.ok() && !status.ok()) connection->Discard();
  if (status.ok()) purger_.Add(applier_.Committed());
  return Failure(status);
}

absl::Status Writer::TryBatch(Connection& connection, std::span<WorkItem> batch, bool* again) {
  PARZEN_RETURN_IF_ERROR(connection.Prepared("BEGIN IMMEDIATE").Run());
  for (WorkItem& item : batch) {
    if (item.refused) {
      Refuse(item, item.outcome);
      continue;
    }
    PARZEN_RETURN_IF_ERROR(RunItem(connection, item, again));
    if (*again) return absl::OkStatus();
  }
  return CommitChecked(connection);
}

absl::Status Writer::CommitChecked(Connection& connection) {
  PARZEN_RETURN_IF_ERROR(connection.Prepared("COMMIT").Run());
  return database_->CheckCommit();
}

absl::Status Writer::RunItem(Connection& connection, WorkItem& item, bool* again) {
  absl::Status refusal;
  PARZEN_RETURN_IF_ERROR(std::visit([&](const auto& work) { return applier_.Check(connection, work, &refusal); }, item.work));
  if (!refusal.ok()) {
    Refuse(item, std::move(refusal));
    return absl::OkStatus();
  }
  absl::Status status = std::visit([&](const auto& work) { return applier_.Apply(connection, work); }, item.work);
  if (status.ok() || IsEnvironmentFailure(status)) return status;
  // Half of it is written: the batch is run again without it.
  Refuse(item, std::move(status));
  *again = true;
  return absl::OkStatus();
}

void Writer::Refuse(WorkItem& item, absl::Status status) {
  std::visit([&](const auto& work) { applier_.Refused(work, status); }, item.work);
  item.outcome = std::move(status);
  item.refused = true;
}

bool Writer::Lose(const Transaction& transaction, const absl::Status& reason) {
  return registry_.Lose(transaction.study_uid, transaction.epoch, reason) != nullptr;
}

absl::StatusOr<int64_t> Writer::Acquire(uint64_t uid) {
  absl::StatusOr<Database::Lease> connection = database_->Write();
  if (!connection.ok()) return Failure(connection.status());
  absl::StatusOr<KnownStudy*> study = registry_.Look(**connection, uid);
  if (!study.ok()) {
    if (absl::IsNotFound(study.status())) return study.status();
    connection->Discard();
    return Failure(study.status());
  }
  (*study)->epoch = ++last_epoch_;
  (*study)->lost = absl::OkStatus();
  return (*study)->epoch;
}

absl::Status Writer::InTransaction(const std::function<absl::Status(Connection&)>& slice) {
  const Gate::Writing gate(gate_);
  absl::StatusOr<Database::Lease> connection = database_->Write();
  if (!connection.ok()) return Failure(connection.status());
  absl::Status status = (*connection)->Prepared("BEGIN IMMEDIATE").Run();
  if (status.ok()) status = slice(**connection);
  if (status.ok()) status = CommitChecked(**connection);
  if (!status.ok()) {
    (*connection)->Rollback();
    connection->Discard();
  }
  return Failure(status);
}

absl::StatusOr<bool> Writer::ExpireSlice(int64_t now) {
  bool more = false;
  PARZEN_RETURN_IF_ERROR(InTransaction([&](Connection& connection) -> absl::Status {
    PARZEN_ASSIGN_OR_RETURN(more, Purger::ExpireSlice(connection, now));
    return absl::OkStatus();
  }));
  return more;
}

absl::Status Writer::FindDeleted() {
  return InTransaction([&](Connection& connection) { return purger_.Resume(connection); });
}

absl::Status Writer::PurgeSlice() {
  PARZEN_RETURN_IF_ERROR(InTransaction([&](Connection& connection) { return purger_.RemoveSlice(connection); }));
  purger_.Committed();
  return absl::OkStatus();
}

}  // namespace parzen::storage::sqlite
