#include "storage/postgres/writer.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace parzen::storage::postgres {
namespace {

// How often a transaction is run again that the database refuses for the sake of serialization.
constexpr int kConflicts = 20;
// Rows a slice: some milliseconds.
constexpr int64_t kSliceRows = 1000;

// $1 study id, $2 rows at most. Trials last, since the others are found by them; then the study.
constexpr const char* kRemovals[] = {
    "DELETE FROM intermediates WHERE (trial_id, step) IN (SELECT trial_id, step FROM intermediates"
    " WHERE trial_id >= $1 << 32 AND trial_id < ($1 + 1) << 32 LIMIT $2)",
    "DELETE FROM trial_attrs WHERE (trial_id, scope, key) IN (SELECT trial_id, scope, key FROM trial_attrs"
    " WHERE trial_id >= $1 << 32 AND trial_id < ($1 + 1) << 32 LIMIT $2)",
    "DELETE FROM trials WHERE id IN (SELECT id FROM trials WHERE id >= $1 << 32 AND id < ($1 + 1) << 32 LIMIT $2)",
    "DELETE FROM requests WHERE study_id = $1 AND locator IN (SELECT locator FROM requests WHERE study_id = $1 LIMIT $2)",
    "DELETE FROM distributions WHERE study_id = $1 AND idx IN (SELECT idx FROM distributions WHERE study_id = $1 LIMIT $2)",
    "DELETE FROM study_attrs WHERE (study_id, scope, key) IN (SELECT study_id, scope, key FROM study_attrs"
    " WHERE study_id = $1 LIMIT $2)",
    "DELETE FROM past_definitions WHERE study_id = $1 AND version IN (SELECT version FROM past_definitions"
    " WHERE study_id = $1 LIMIT $2)",
};
constexpr const char* kLastRemovals[] = {
    "DELETE FROM sampler_states WHERE study_id = $1",
    "DELETE FROM study_owners WHERE study_id = $1",
    "DELETE FROM studies WHERE id = $1",
};

constexpr const char* kExpirations[] = {
    "DELETE FROM requests WHERE (study_id, locator) IN"
    " (SELECT study_id, locator FROM requests WHERE expires_at > 0 AND expires_at < $1 LIMIT $2)",
    "DELETE FROM server_requests WHERE request_id IN"
    " (SELECT request_id FROM server_requests WHERE expires_at > 0 AND expires_at < $1 LIMIT $2)",
};

constexpr char kAcquire[] =
    "UPDATE study_owners o SET epoch = o.epoch + 1 FROM studies s"
    " WHERE s.id = o.study_id AND s.uid = $1 AND s.name IS NOT NULL AND o.lost_revision = 0 RETURNING s.id, o.epoch, o.revision";
// Among replicas ($2: this one, which lives): from itself, from nobody, or from one that is dead. now() is when the transaction
// began, so that a wait for the row's lock makes nobody dead who has renewed meanwhile.
constexpr char kAcquireFree[] =
    "UPDATE study_owners o SET epoch = o.epoch + 1, owner = $2 FROM studies s"
    " WHERE s.id = o.study_id AND s.uid = $1 AND s.name IS NOT NULL AND o.lost_revision = 0"
    " AND EXISTS (SELECT 1 FROM replicas r WHERE r.id = $2 AND r.renewed_at > now() - INTERVAL '3 seconds')"
    " AND (o.owner = $2 OR NOT EXISTS (SELECT 1 FROM replicas r WHERE r.id = o.owner"
    " AND r.renewed_at > now() - INTERVAL '3 seconds')) RETURNING s.id, o.epoch, o.revision";
constexpr char kIsThere[] =
    "SELECT o.revision, o.lost_revision FROM studies s JOIN study_owners o ON o.study_id = s.id"
    " WHERE s.uid = $1 AND s.name IS NOT NULL";

// As callers may see it: the codes of storage.h.
absl::Status Told(const absl::Status& status) {
  return status.ok() || IsDatabaseFailure(status) ? status : absl::UnavailableError(status.message());
}

}  // namespace

absl::Status Writer::Connect() {
  if (connection_ == nullptr || connection_->IsLost()) {
    connection_.reset();
    is_replicas_ = false;
    PARZEN_ASSIGN_OR_RETURN(connection_, Connection::Open(url_));
  }
  if (self_->id == 0 || is_replicas_) return absl::OkStatus();
  // A server that stands still in the middle of a transaction must not keep its studies locked when others may take them.
  PARZEN_RETURN_IF_ERROR(connection_->Execute("SET idle_in_transaction_session_timeout = '2s'"));
  is_replicas_ = true;
  return absl::OkStatus();
}

// The two that ran into each other do not do so again at once.
void Writer::Pause(int conflicts) {
  std::this_thread::sleep_for(std::chrono::microseconds(random_() % (1000u << std::min(conflicts, 6))));
}

absl::Status Writer::Commit(std::span<WorkItem> batch) {
  int conflicts = 0;
  bool reconnected = false;
  for (;;) {
    absl::Status status = Connect();
    if (!status.ok()) return Told(status);
    switch (Try(batch, &status)) {
      case Outcome::kCommitted:
        return absl::OkStatus();
      case Outcome::kRefused:
        continue;
      case Outcome::kConflict:
        if (++conflicts > kConflicts) return Told(status);
        Pause(conflicts);
        continue;
      case Outcome::kDisconnected:
        if (reconnected) return Told(status);
        reconnected = true;
        continue;
      case Outcome::kFailed:
        return Told(status);
    }
  }
}

Writer::Outcome Writer::Try(std::span<WorkItem> items, absl::Status* status) {
  refused_.clear();
  std::vector<Batch::Setback> setbacks;
  const Answer read = Batch::Read(*connection_, items, *marks_, &studies_, &setbacks);
  if (read.ok() && !setbacks.empty()) {
    connection_->Rollback();
    *status = KeepSetbacks(setbacks);
    // Again: what is for them is refused now, since they have no owner.
    return status->ok() ? Outcome::kConflict : Outcome::kFailed;
  }
  if (!read.ok()) {
    connection_->Rollback();
    const Outcome outcome = OutcomeOf(read, status);
    return outcome == Outcome::kFailed && connection_->IsLost() ? Outcome::kDisconnected : outcome;
  }
  Batch batch(&studies_);
  const Outcome outcome = Write(items, batch, status);
  if (outcome == Outcome::kCommitted) {
    for (const int64_t study : batch.Committed(marks_)) deleted_.push_back(study);
    return outcome;
  }
  connection_->Rollback();
  batch.RolledBack();
  for (KnownStudy* study : refused_) study->lost = absl::OkStatus();
  return outcome;
}

Writer::Outcome Writer::OutcomeOf(const Answer& answer, absl::Status* status) {
  *status = answer.status;
  return answer.failure == Failure::kConflict ? Outcome::kConflict : Outcome::kFailed;
}

Writer::Outcome Writer::Write(std::span<WorkItem> items, Batch& batch, absl::Status* status) {
  std::vector<size_t> owners;  // of each statement: the number of its item
  for (size_t i = 0; i < items.size(); ++i) {
    WorkItem& item = items[i];
    if (item.refused) {
      Refuse(item, item.outcome);
      continue;
    }
    const size_t before = batch.statements().size();
    absl::Status refusal = std::visit([&](const auto& work) { return batch.Add(work); }, item.work);
    owners.resize(batch.statements().size(), i);
    if (refusal.ok()) continue;
    Refuse(item, std::move(refusal));
    if (batch.statements().size() > before) return Outcome::kRefused;
  }
  batch.Finish();
  // Whether a name is free is known when its study is inserted; there are few of these.
  const bool in_doubt = !batch.creations().empty();
  const Outcome outcome = SendAndWait(items, batch, owners, /*commit=*/!in_doubt, status);
  if (outcome != Outcome::kCommitted || !in_doubt) return outcome;
  const Answer committed = (connection_->Send("COMMIT"), connection_->Run());
  return committed.ok() ? Outcome::kCommitted : OutcomeOf(committed, status);
}

Writer::Outcome Writer::SendAndWait(std::span<WorkItem> items, Batch& batch, const std::vector<size_t>& owners, bool commit,
                                    absl::Status* status) {
  for (const Batch::Statement& statement : batch.statements()) connection_->Send(statement.sql, statement.values);
  if (commit) connection_->Send("COMMIT");
  const Answer answer = connection_->Run();
  if (!answer.ok()) {
    const size_t failed = answer.rows.size();
    if (answer.failure != Failure::kData || failed >= owners.size()) return OutcomeOf(answer, status);
    Refuse(items[owners[failed]], answer.status);
    return Outcome::kRefused;
  }
  for (const size_t creation : batch.creations()) {
    if (answer.rows[creation].size() == 0) return RefuseTaken(items[owners[creation]]);
  }
  return Outcome::kCommitted;
}

Writer::Outcome Writer::RefuseTaken(WorkItem& item) {
  const StudyRecord& study = std::get<NewStudy>(item.work).study;
  const absl::StatusOr<Rows> named = connection_->Query("SELECT 1 FROM studies WHERE name = $1", Values().Text(study.name));
  // A connection that fails here fails the try that comes next.
  if (!named.ok()) return Outcome::kRefused;
  Refuse(item, absl::AlreadyExistsError(named->size() > 0 ? absl::StrCat("a study is named \"", study.name, "\" already")
                                                          : absl::StrFormat("a study has the uid %016x already", study.uid)));
  return Outcome::kRefused;
}

void Writer::Refuse(WorkItem& item, absl::Status refusal) {
  if (const auto* transaction = std::get_if<Transaction>(&item.work)) {
    KnownStudy* study = studies_.Lose(transaction->study_uid, transaction->epoch, BehindRefused(refusal));
    if (study != nullptr) refused_.push_back(study);
  }
  item.outcome = std::move(refusal);
  item.refused = true;
}

bool Writer::Lose(const Transaction& transaction, const absl::Status& reason) {
  return studies_.Lose(transaction.study_uid, transaction.epoch, reason) != nullptr;
}

absl::StatusOr<Rows> Writer::TakeOver(Connection& connection, uint64_t uid) {
  const auto key = static_cast<int64_t>(uid);
  const int64_t self = self_->id;
  if (!self_->is_leaving) {
    absl::StatusOr<Rows> rows =
        self == 0 ? connection.Query(kAcquire, Values().Int(key)) : connection.Query(kAcquireFree, Values().Int(key).Int(self));
    if (!rows.ok() || rows->size() > 0) return rows;
  }
  PARZEN_ASSIGN_OR_RETURN(Rows there, connection.Query(kIsThere, Values().Int(key)));
  if (there.size() == 0) return there;
  if (there.Int(0, 1) > 0) return WentBack(uid, there.Int(0, 0), there.Int(0, 1));
  return absl::PermissionDeniedError(absl::StrCat("another server has the study with uid ", uid));
}

absl::Status Writer::KeepSetbacks(const std::vector<Batch::Setback>& setbacks) {
  return InTransaction([&](Connection& connection) -> absl::Status {
    for (const Batch::Setback& setback : setbacks) {
      PARZEN_RETURN_IF_ERROR(connection.Query(kMarkLost, Values().Int(setback.id).Int(setback.known)).status());
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<int64_t> Writer::Acquire(uint64_t uid) {
  int64_t epoch = 0, found = 0;
  absl::Status refusal;
  PARZEN_RETURN_IF_ERROR(InTransaction([&](Connection& connection) -> absl::Status {
    epoch = 0;
    const absl::StatusOr<Rows> taken = TakeOver(connection, uid);
    refusal = taken.status();
    if (absl::IsPermissionDenied(refusal) || absl::IsOutOfRange(refusal)) return absl::OkStatus();
    if (!taken.ok()) return taken.status();
    const Rows& rows = *taken;
    if (rows.size() == 0) {
      studies_.Erase(uid);
      return absl::OkStatus();
    }
    KnownStudy* study = studies_.Find(uid);
    if (study == nullptr) study = studies_.Add(uid, rows.Int(0, 0));
    // Another may have written to it meanwhile.
    KnownStudies::Forget(study);
    study->lost = absl::OkStatus();
    study->epoch = epoch = rows.Int(0, 1);
    found = rows.Int(0, 2);
    const int64_t known = marks_->Of(uid);
    if (found >= known) return absl::OkStatus();
    refusal = WentBack(uid, found, known);
    return connection.Query(kMarkLost, Values().Int(study->id).Int(known)).status();
  }));
  PARZEN_RETURN_IF_ERROR(refusal);
  if (epoch == 0) return NoSuchStudy(uid);
  marks_->Raise(uid, found);
  return epoch;
}

absl::Status Writer::InTransaction(const std::function<absl::Status(Connection&)>& slice) {
  int conflicts = 0;
  bool reconnected = false;
  for (;;) {
    PARZEN_RETURN_IF_ERROR(Connect());
    Answer answer = (connection_->Send("BEGIN"), connection_->Run());
    if (answer.ok()) {
      absl::Status status = slice(*connection_);
      if (status.ok()) answer = (connection_->Send("COMMIT"), connection_->Run());
      if (status.ok() && answer.ok()) return absl::OkStatus();
      if (!status.ok()) {
        answer.status = status;
        answer.failure = connection_->last_failure();
      }
    }
    connection_->Rollback();
    // What slices do may be done twice.
    if (connection_->IsLost() && !reconnected) {
      reconnected = true;
    } else if (answer.failure == Failure::kConflict && ++conflicts <= kConflicts) {
      Pause(conflicts);
    } else {
      return Told(answer.status);
    }
  }
}

absl::StatusOr<bool> Writer::ExpireSlice(int64_t now) {
  bool more = false;
  PARZEN_RETURN_IF_ERROR(InTransaction([&](Connection& connection) -> absl::Status {
    int64_t left = kSliceRows;
    for (const char* sql : kExpirations) {
      PARZEN_ASSIGN_OR_RETURN(const Rows rows, connection.Query(sql, Values().Int(now).Int(left)));
      left -= rows.Changed();
      if (left <= 0) break;
    }
    more = left <= 0;
    return absl::OkStatus();
  }));
  return more;
}

absl::Status Writer::FindDeleted() {
  return InTransaction([&](Connection& connection) -> absl::Status {
    PARZEN_ASSIGN_OR_RETURN(const Rows rows, connection.Query("SELECT id FROM studies WHERE name IS NULL"));
    for (int row = 0; row < rows.size(); ++row) deleted_.push_back(rows.Int(row, 0));
    return absl::OkStatus();
  });
}

absl::Status Writer::PurgeSlice() {
  bool is_last = false;
  const auto remove = [&](Connection& connection) -> absl::Status {
    is_last = false;
    const int64_t study = deleted_.front();
    int64_t left = kSliceRows;
    for (const char* sql : kRemovals) {
      PARZEN_ASSIGN_OR_RETURN(const Rows rows, connection.Query(sql, Values().Int(study).Int(left)));
      left -= rows.Changed();
      if (left <= 0) return absl::OkStatus();
    }
    for (const char* sql : kLastRemovals) PARZEN_RETURN_IF_ERROR(connection.Query(sql, Values().Int(study)).status());
    is_last = true;
    return absl::OkStatus();
  };
  PARZEN_RETURN_IF_ERROR(InTransaction(remove));
  if (is_last) deleted_.pop_front();
  return absl::OkStatus();
}

}  // namespace parzen::storage::postgres
