#include "storage/sqlite/purger.h"

#include "base/status_macros.h"
#include "storage/sqlite/status.h"
#include "storage/sqlite/study_registry.h"

namespace parzen::storage::sqlite {
namespace {

// Rows a slice: a few milliseconds.
constexpr int kSliceRows = 1000;

// In the order in which foreign keys allow their removal. ?1 study id, ?2 first trial id, ?3 first trial id of the next study.
constexpr const char* kRemovals[] = {
    "DELETE FROM intermediates WHERE (trial_id, step) IN"
    " (SELECT trial_id, step FROM intermediates WHERE trial_id >= ?2 AND trial_id < ?3 LIMIT ?4)",
    "DELETE FROM trial_attrs WHERE (trial_id, scope, key) IN"
    " (SELECT trial_id, scope, key FROM trial_attrs WHERE trial_id >= ?2 AND trial_id < ?3 LIMIT ?4)",
    "DELETE FROM trials WHERE id IN (SELECT id FROM trials WHERE id >= ?2 AND id < ?3 LIMIT ?4)",
    "DELETE FROM requests WHERE study_id = ?1 AND locator IN (SELECT locator FROM requests WHERE study_id = ?1 LIMIT ?4)",
    "DELETE FROM distributions WHERE study_id = ?1 AND idx IN (SELECT idx FROM distributions WHERE study_id = ?1 LIMIT ?4)",
    "DELETE FROM study_attrs WHERE (study_id, scope, key) IN"
    " (SELECT study_id, scope, key FROM study_attrs WHERE study_id = ?1 LIMIT ?4)",
    "DELETE FROM past_definitions WHERE study_id = ?1 AND version IN"
    " (SELECT version FROM past_definitions WHERE study_id = ?1 LIMIT ?4)",
    "DELETE FROM sampler_states WHERE study_id = ?1",
    "DELETE FROM studies WHERE id = ?1",
};

constexpr const char* kExpirations[] = {
    "DELETE FROM requests WHERE (study_id, locator) IN"
    " (SELECT study_id, locator FROM requests WHERE expires_at > 0 AND expires_at < ?1 LIMIT ?2)",
    "DELETE FROM server_requests WHERE request_id IN"
    " (SELECT request_id FROM server_requests WHERE expires_at > 0 AND expires_at < ?1 LIMIT ?2)",
};

}  // namespace

absl::Status Purger::Resume(Connection& connection) {
  Query query = connection.Prepared("SELECT id FROM studies WHERE name IS NULL");
  absl::StatusOr<bool> row = query.Step();
  for (; row.ok() && *row; row = query.Step()) studies_.push_back(query.Int(0));
  return row.status();
}

absl::Status Purger::RemoveSlice(Connection& connection) {
  const int64_t study = studies_.front();
  int64_t left = kSliceRows;
  finished_ = false;
  for (const char* removal : kRemovals) {
    Query query = connection.Prepared(removal);
    // Not every statement has all of them.
    const int parameters = sqlite3_bind_parameter_count(query.statement());
    query.Int(1, study);
    if (parameters >= 3) query.Int(2, FirstTrialId(study)).Int(3, FirstTrialId(study + 1));
    if (parameters >= 4) query.Int(4, left);
    PARZEN_RETURN_IF_ERROR(query.Run());
    left -= connection.Changes();
    if (left <= 0) return absl::OkStatus();
  }
  finished_ = true;
  return absl::OkStatus();
}

void Purger::Committed() {
  if (!finished_) return;
  studies_.pop_front();
  finished_ = false;
}

absl::StatusOr<bool> Purger::ExpireSlice(Connection& connection, int64_t now) {
  int64_t left = kSliceRows;
  for (const char* expiration : kExpirations) {
    Query query = connection.Prepared(expiration);
    PARZEN_RETURN_IF_ERROR(query.Int(1, now).Int(2, left).Run());
    left -= connection.Changes();
    if (left <= 0) return true;
  }
  return false;
}

}  // namespace parzen::storage::sqlite
