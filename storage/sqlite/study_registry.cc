#include "storage/sqlite/study_registry.h"

#include "base/status_macros.h"
#include "base/string_view.h"

namespace parzen::storage::sqlite {

absl::StatusOr<KnownStudy*> StudyRegistry::Look(Connection& connection, uint64_t uid) {
  KnownStudy* study = Find(uid);
  if (study != nullptr && study->deleted) return NoSuchStudy(uid);
  if (study != nullptr && !study->doubtful) return study;
  Query query = connection.Prepared("SELECT id FROM studies WHERE uid = ?1 AND name IS NOT NULL");
  PARZEN_ASSIGN_OR_RETURN(const bool row, query.Int(1, static_cast<int64_t>(uid)).Step());
  if (!row) return NoSuchStudy(uid);
  if (study == nullptr) return Add(uid, query.Int(0));
  study->doubtful = false;
  return study;
}

absl::Status StudyRegistry::Know(Connection& connection, KnownStudy* study) {
  if (study->known) return absl::OkStatus();
  Query last = connection.Prepared("SELECT id FROM trials WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT 1");
  PARZEN_ASSIGN_OR_RETURN(const bool has_trials, last.Int(1, FirstTrialId(study->id)).Int(2, FirstTrialId(study->id + 1)).Step());
  study->next_number = has_trials ? last.Int(0) - FirstTrialId(study->id) + 1 : 0;

  Query locator = connection.Prepared("SELECT locator FROM requests WHERE study_id = ?1 ORDER BY locator DESC LIMIT 1");
  PARZEN_ASSIGN_OR_RETURN(const bool has_requests, locator.Int(1, study->id).Step());
  study->last_locator = has_requests ? locator.Int(0) : 0;

  study->distributions.clear();
  Query texts = connection.Prepared("SELECT idx, json FROM distributions WHERE study_id = ?1");
  texts.Int(1, study->id);
  absl::StatusOr<bool> row = texts.Step();
  for (; row.ok() && *row; row = texts.Step()) {
    study->distributions.emplace(texts.Bytes(1), static_cast<int32_t>(texts.Int(0)));
  }
  PARZEN_RETURN_IF_ERROR(row.status());
  study->known = true;
  return absl::OkStatus();
}

absl::StatusOr<int32_t> StudyRegistry::Distribution(Connection& connection, KnownStudy* study, std::string_view json) {
  const auto found = study->distributions.find(Abseil(json));
  if (found != study->distributions.end()) return found->second;
  const auto idx = static_cast<int32_t>(study->distributions.size());
  Query insert = connection.Prepared("INSERT INTO distributions VALUES (?1, ?2, ?3)");
  PARZEN_RETURN_IF_ERROR(insert.Int(1, study->id).Int(2, idx).Text(3, json).Run());
  study->distributions.emplace(json, idx);
  return idx;
}

}  // namespace parzen::storage::sqlite
