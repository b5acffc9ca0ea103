#include "storage/sqlite/applier.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "storage/sqlite/attribute_writer.h"
#include "storage/sqlite/status.h"

namespace parzen::storage::sqlite {
namespace {

std::string_view Bytes(const RequestId& id) { return {reinterpret_cast<const char*>(id.data()), id.size()}; }

}  // namespace

absl::Status Applier::Check(Connection& connection, const Transaction& transaction, absl::Status* refusal) {
  absl::StatusOr<KnownStudy*> study = registry_->Look(connection, transaction.study_uid);
  if (absl::IsNotFound(study.status())) {
    *refusal = study.status();
    return absl::OkStatus();
  }
  PARZEN_RETURN_IF_ERROR(study.status());
  *refusal = CheckOwner(**study, transaction);
  if (!refusal->ok()) return absl::OkStatus();
  PARZEN_RETURN_IF_ERROR(registry_->Know(connection, *study));
  *refusal = CheckChanges(**study, transaction);
  return absl::OkStatus();
}

absl::Status Applier::Apply(Connection& connection, const Transaction& transaction) {
  PARZEN_ASSIGN_OR_RETURN(KnownStudy* const study, registry_->Look(connection, transaction.study_uid));
  if (touched_.empty() || touched_.back() != study) touched_.push_back(study);
  for (const Change& change : transaction.changes) {
    PARZEN_RETURN_IF_ERROR(std::visit([&](const auto& c) { return ApplyChange(connection, study, c); }, change));
  }
  return absl::OkStatus();
}

absl::Status Applier::ApplyChange(Connection& connection, KnownStudy* study, const InsertTrial& change) {
  return trials_.Insert(connection, study, change.trial);
}

absl::Status Applier::ApplyChange(Connection& connection, KnownStudy* study, const UpdateTrial& change) {
  return trials_.Update(connection, study, change);
}

absl::Status Applier::ApplyChange(Connection& connection, KnownStudy* study, const UpdateStudy& change) {
  if (change.definition) {
    if (change.definition_version) {
      Query keep = connection.Prepared(
          "REPLACE INTO past_definitions SELECT id, definition_version, definition FROM studies"
          " WHERE id = ?1 AND definition_version <> ?2");
      PARZEN_RETURN_IF_ERROR(keep.Int(1, study->id).Int(2, *change.definition_version).Run());
    }
    Query set = connection.Prepared("UPDATE studies SET definition = ?2 WHERE id = ?1");
    PARZEN_RETURN_IF_ERROR(set.Int(1, study->id).Text(2, *change.definition).Run());
  }
  const auto set_integer = [&](const char* sql, std::optional<int64_t> value) {
    return value ? connection.Prepared(sql).Int(1, study->id).Int(2, *value).Run() : absl::OkStatus();
  };
  const auto state = change.state ? std::optional<int64_t>(static_cast<int64_t>(*change.state)) : std::nullopt;
  PARZEN_RETURN_IF_ERROR(set_integer("UPDATE studies SET definition_version = ?2 WHERE id = ?1", change.definition_version));
  PARZEN_RETURN_IF_ERROR(set_integer("UPDATE studies SET state = ?2 WHERE id = ?1", state));
  PARZEN_RETURN_IF_ERROR(set_integer("UPDATE studies SET revision = ?2 WHERE id = ?1", change.revision));
  if (change.sampler_state) {
    Query query = connection.Prepared("REPLACE INTO sampler_states VALUES (?1, ?2)");
    PARZEN_RETURN_IF_ERROR(query.Int(1, study->id).Blob(2, *change.sampler_state).Run());
  }
  return ChangeAttributes(connection, kStudyAttributes, study->id, change.user_attrs, change.system_attrs);
}

absl::Status Applier::ApplyChange(Connection& connection, KnownStudy* study, const DeleteStudy&) {
  // Its rows may be many; they are unreachable from here on and are removed bit by bit (purger.h).
  study->deleted = true;
  return connection.Prepared("UPDATE studies SET name = NULL WHERE id = ?1").Int(1, study->id).Run();
}

absl::Status Applier::ApplyChange(Connection& connection, KnownStudy* study, const PutRequest& change) {
  const RequestRecord& request = change.request;
  if (request.locator == 0) return Apply(connection, request);
  Query query = connection.Prepared("INSERT INTO requests VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  query.Int(1, study->id).Int(2, request.locator).Blob(3, Bytes(request.id));
  query.Int(4, static_cast<int64_t>(request.payload_hash))
      .Blob(5, request.result)
      .Int(6, request.trial)
      .Int(7, request.expires_at);
  study->last_locator = request.locator;
  return query.Run();
}

absl::Status Applier::Check(Connection& connection, const NewStudy& work, absl::Status* refusal) {
  const StudyRecord& study = work.study;
  if (study.uid == 0) {
    *refusal = absl::InvalidArgumentError("a study's uid is not 0");
    return absl::OkStatus();
  }
  Query name = connection.Prepared("SELECT 1 FROM studies WHERE name = ?1");
  PARZEN_ASSIGN_OR_RETURN(const bool name_taken, name.Text(1, study.name).Step());
  if (name_taken) {
    *refusal = absl::AlreadyExistsError(absl::StrCat("a study is named \"", study.name, "\" already"));
    return absl::OkStatus();
  }
  Query uid = connection.Prepared("SELECT 1 FROM studies WHERE uid = ?1");
  PARZEN_ASSIGN_OR_RETURN(const bool uid_taken, uid.Int(1, static_cast<int64_t>(study.uid)).Step());
  if (uid_taken) {
    *refusal = absl::AlreadyExistsError(absl::StrFormat("a study has the uid %016x already", study.uid));
    return absl::OkStatus();
  }
  Query latest = connection.Prepared("SELECT seq FROM sqlite_sequence WHERE name = 'studies'");
  PARZEN_ASSIGN_OR_RETURN(const bool row, latest.Step());
  if (row && latest.Int(0) >= kMaxStudyId) {
    *refusal = absl::ResourceExhaustedError("the file has had as many studies as it can hold, 2^31 - 1; use a new file");
  }
  return absl::OkStatus();
}

absl::Status Applier::Apply(Connection& connection, const NewStudy& work) {
  const StudyRecord& study = work.study;
  Query insert = connection.Prepared(
      "INSERT INTO studies (uid, name, definition, definition_version, state, created_at, revision)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  insert.Int(1, static_cast<int64_t>(study.uid)).Text(2, study.name).Text(3, study.definition).Int(4, study.definition_version);
  insert.Int(5, static_cast<int64_t>(study.state)).Int(6, study.created_at).Int(7, study.revision);
  PARZEN_RETURN_IF_ERROR(insert.Run());
  const int64_t id = connection.LastInsertId();
  if (!study.sampler_state.empty()) {
    Query query = connection.Prepared("REPLACE INTO sampler_states VALUES (?1, ?2)");
    PARZEN_RETURN_IF_ERROR(query.Int(1, id).Blob(2, study.sampler_state).Run());
  }
  PARZEN_RETURN_IF_ERROR(PutAttributes(connection, kStudyAttributes, id, study.user_attrs, study.system_attrs));
  return work.request ? Apply(connection, *work.request) : absl::OkStatus();
}

absl::Status Applier::Apply(Connection& connection, const RequestRecord& request) {
  Query query = connection.Prepared("REPLACE INTO server_requests VALUES (?1, ?2, ?3, ?4)");
  query.Blob(1, Bytes(request.id)).Int(2, static_cast<int64_t>(request.payload_hash)).Blob(3, request.result);
  return query.Int(4, request.expires_at).Run();
}

void Applier::Refused(const Transaction& transaction, const absl::Status& status) {
  KnownStudy* study = registry_->Lose(transaction.study_uid, transaction.epoch, BehindRefused(status));
  if (study != nullptr) refused_.push_back(study);
}

std::vector<int64_t> Applier::Committed() {
  refused_.clear();
  std::vector<int64_t> deleted;
  for (KnownStudy* study : touched_) {
    if (!study->deleted || std::find(deleted.begin(), deleted.end(), study->id) != deleted.end()) continue;
    deleted.push_back(study->id);
  }
  std::vector<uint64_t> uids;
  for (KnownStudy* study : touched_) {
    if (study->deleted) uids.push_back(study->uid);
  }
  for (const uint64_t uid : uids) registry_->Erase(uid);
  touched_.clear();
  return deleted;
}

void Applier::RolledBack() {
  for (KnownStudy* study : touched_) KnownStudies::Forget(study);
  touched_.clear();
  for (KnownStudy* study : refused_) study->lost = absl::OkStatus();
  refused_.clear();
}

}  // namespace parzen::storage::sqlite
