#include "storage/sqlite/reader.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/string_view.h"
#include "storage/encoding/double_text.h"
#include "storage/sqlite/status.h"
#include "storage/sqlite/study_registry.h"

namespace parzen::storage::sqlite {
namespace {

std::string_view Bytes(const RequestId& id) { return {reinterpret_cast<const char*>(id.data()), id.size()}; }

// Columns of studies in the order of kStudyColumns.
#define PARZEN_STUDY_COLUMNS "id, uid, name, definition, definition_version, state, created_at, revision"

absl::StatusOr<StudyRecord> StudyFromRow(Query& row) {
  StudyRecord study;
  study.id = row.Int(0);
  study.uid = static_cast<uint64_t>(row.Int(1));
  study.name = row.Bytes(2);
  study.definition = row.Bytes(3);
  study.definition_version = static_cast<int32_t>(row.Int(4));
  study.state = static_cast<StudyState>(row.Int(5));
  if (study.state < StudyState::kActive || study.state > StudyState::kFinished) {
    return absl::DataLossError(
        absl::StrCat("study \"", study.name, "\": its state cannot be read; the file is damaged or was edited"));
  }
  study.created_at = row.Int(6);
  study.revision = row.Int(7);
  return study;
}

absl::Status ReadAttributes(Query query, Attributes* user, Attributes* system) {
  absl::StatusOr<bool> row = query.Step();
  for (; row.ok() && *row; row = query.Step()) {
    Attributes* attributes = query.Bytes(0) == "user" ? user : system;
    attributes->emplace_back(query.Bytes(1), query.Bytes(2));
  }
  return row.status();
}

absl::Status CompleteStudy(Connection& connection, StudyRecord* study) {
  Query attributes = connection.Prepared("SELECT scope, key, value FROM study_attrs WHERE study_id = ?1 ORDER BY scope, key");
  attributes.Int(1, study->id);
  return ReadAttributes(std::move(attributes), &study->user_attrs, &study->system_attrs);
}

absl::StatusOr<StudyRecord> ReadWholeStudy(Connection& connection, Query query, const std::string& missing) {
  PARZEN_ASSIGN_OR_RETURN(const bool found, query.Step());
  if (!found) return absl::NotFoundError(missing);
  PARZEN_ASSIGN_OR_RETURN(StudyRecord study, StudyFromRow(query));
  PARZEN_RETURN_IF_ERROR(CompleteStudy(connection, &study));
  Query state = connection.Prepared("SELECT state FROM sampler_states WHERE study_id = ?1");
  PARZEN_ASSIGN_OR_RETURN(const bool has_state, state.Int(1, study.id).Step());
  if (has_state) study.sampler_state = state.Bytes(0);
  return study;
}

std::string MissingUid(uint64_t uid) { return absl::StrFormat("there is no study with uid %016x", uid); }

constexpr char kSelectTrial[] =
    "SELECT state, \"values\", params, internal, dists, attempt, losses, constraints, metrics, worker, principal, lease_micros,"
    " created_at, started_at, finished_at, failure, reason, enqueued, imported, stop_requested, revision, sampled_at_revision,"
    " told_at_revision, definition_version, algorithm_version, sampler_draft FROM trials WHERE id = ?1";

}  // namespace

absl::StatusOr<int64_t> ReadStudyId(Connection& connection, uint64_t uid) {
  Query query = connection.Prepared("SELECT id FROM studies WHERE uid = ?1 AND name IS NOT NULL");
  PARZEN_ASSIGN_OR_RETURN(const bool row, query.Int(1, static_cast<int64_t>(uid)).Step());
  if (!row) return absl::NotFoundError(MissingUid(uid));
  return query.Int(0);
}

absl::StatusOr<StudyRecord> ReadStudy(Connection& connection, std::string_view name) {
  Query query = connection.Prepared("SELECT " PARZEN_STUDY_COLUMNS " FROM studies WHERE name = ?1");
  query.Text(1, name);
  return ReadWholeStudy(connection, std::move(query), absl::StrCat("there is no study \"", Abseil(name), "\""));
}

absl::StatusOr<StudyRecord> ReadStudyByUid(Connection& connection, uint64_t uid) {
  Query query = connection.Prepared("SELECT " PARZEN_STUDY_COLUMNS " FROM studies WHERE uid = ?1 AND name IS NOT NULL");
  query.Int(1, static_cast<int64_t>(uid));
  return ReadWholeStudy(connection, std::move(query), MissingUid(uid));
}

absl::StatusOr<StudyRecord> ReadStudyById(Connection& connection, int64_t id) {
  Query query = connection.Prepared("SELECT " PARZEN_STUDY_COLUMNS " FROM studies WHERE id = ?1 AND name IS NOT NULL");
  query.Int(1, id);
  return ReadWholeStudy(connection, std::move(query), absl::StrCat("there is no study with id ", id));
}

absl::StatusOr<std::vector<StudyRecord>> ReadStudies(Connection& connection, std::string_view after, std::string_view prefix,
                                                     int limit) {
  std::vector<StudyRecord> studies;
  Query query =
      connection.Prepared("SELECT " PARZEN_STUDY_COLUMNS " FROM studies WHERE name > ?1 AND name >= ?2 ORDER BY name LIMIT ?3");
  query.Text(1, after).Text(2, prefix).Int(3, std::max(limit, 0));
  absl::StatusOr<bool> row = query.Step();
  for (; row.ok() && *row; row = query.Step()) {
    // Names are in the order of their bytes, so those with the prefix come together.
    if (!query.Bytes(2).starts_with(prefix)) break;
    PARZEN_ASSIGN_OR_RETURN(StudyRecord study, StudyFromRow(query));
    studies.push_back(std::move(study));
  }
  PARZEN_RETURN_IF_ERROR(row.status());
  for (StudyRecord& study : studies) PARZEN_RETURN_IF_ERROR(CompleteStudy(connection, &study));
  return studies;
}

absl::StatusOr<int64_t> ReadStudyCount(Connection& connection) {
  return connection.QueryInt("SELECT count(*) FROM studies WHERE name IS NOT NULL");
}

absl::StatusOr<TrialTally> ReadTrialTally(Connection& connection, int64_t study_id) {
  TrialTally tally;
  Query query = connection.Prepared(
      "SELECT state, count(*), sum(imported), max(revision) FROM trials WHERE id >= ?1 AND id < ?2 GROUP BY state");
  query.Int(1, FirstTrialId(study_id)).Int(2, FirstTrialId(study_id + 1));
  absl::StatusOr<bool> row = query.Step();
  for (; row.ok() && *row; row = query.Step()) {
    const auto state = static_cast<size_t>(query.Int(0));
    if (state >= tally.by_state.size()) return absl::DataLossError("a trial has an unknown state");
    tally.by_state[state] = query.Int(1);
    tally.imported += query.Int(2);
    tally.revision = std::max(tally.revision, query.Int(3));
  }
  PARZEN_RETURN_IF_ERROR(row.status());
  return tally;
}

absl::StatusOr<std::vector<uint64_t>> ReadLeasedStudies(Connection& connection) {
  std::vector<uint64_t> uids;
  Query query = connection.Prepared(
      "SELECT uid FROM studies WHERE name IS NOT NULL AND id IN"
      " (SELECT id >> 32 FROM trials WHERE state = 2 AND lease_micros > 0)");
  absl::StatusOr<bool> row = query.Step();
  for (; row.ok() && *row; row = query.Step()) uids.push_back(static_cast<uint64_t>(query.Int(0)));
  PARZEN_RETURN_IF_ERROR(row.status());
  return uids;
}

absl::StatusOr<RequestRecord> ReadStudyRequest(Connection& connection, int64_t study_id, int64_t locator) {
  Query query = connection.Prepared(
      "SELECT request_id, payload_hash, result, trial, expires_at FROM requests WHERE study_id = ?1 AND locator = ?2");
  PARZEN_ASSIGN_OR_RETURN(const bool row, query.Int(1, study_id).Int(2, locator).Step());
  if (!row) return absl::NotFoundError(absl::StrCat("there is no request at ", locator));
  RequestRecord request;
  const std::string_view id = query.Bytes(0);
  std::copy_n(id.begin(), std::min(id.size(), request.id.size()), request.id.begin());
  request.locator = locator;
  request.payload_hash = static_cast<uint64_t>(query.Int(1));
  request.result = query.Bytes(2);
  request.trial = query.Int(3);
  request.expires_at = query.Int(4);
  return request;
}

absl::StatusOr<int64_t> ReadLatestRequestExpiry(Connection& connection) {
  int64_t latest = 0;
  for (const char* sql : {"SELECT MAX(expires_at) FROM requests WHERE expires_at > 0",
                          "SELECT MAX(expires_at) FROM server_requests WHERE expires_at > 0"}) {
    Query query = connection.Prepared(sql);
    PARZEN_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (row) latest = std::max(latest, query.Int(0));  // NULL, where there is none, reads as 0
  }
  return latest;
}

absl::StatusOr<std::optional<RequestRecord>> ReadServerRequest(Connection& connection, const RequestId& id) {
  Query query = connection.Prepared("SELECT payload_hash, result, expires_at FROM server_requests WHERE request_id = ?1");
  PARZEN_ASSIGN_OR_RETURN(const bool row, query.Blob(1, Bytes(id)).Step());
  if (!row) return std::nullopt;
  RequestRecord request;
  request.id = id;
  request.payload_hash = static_cast<uint64_t>(query.Int(0));
  request.result = query.Bytes(1);
  request.expires_at = query.Int(2);
  return request;
}

absl::StatusOr<TrialRecord> TrialReader::Read(int64_t number, View view) {
  if (number < 0 || number > kMaxTrialNumber) return absl::NotFoundError(absl::StrCat("there is no trial ", number));
  const int64_t id = FirstTrialId(study_id_) + number;
  Query query = connection_.Prepared(kSelectTrial);
  PARZEN_ASSIGN_OR_RETURN(const bool row, query.Int(1, id).Step());
  if (!row) return absl::NotFoundError(absl::StrCat("there is no trial ", number));
  TrialRecord trial;
  trial.number = number;
  PARZEN_RETURN_IF_ERROR(Decode(query, &trial));
  if (view == View::kBasic) return trial;
  PARZEN_RETURN_IF_ERROR(ReadIntermediates(id, &trial));
  Query attributes = connection_.Prepared("SELECT scope, key, value FROM trial_attrs WHERE trial_id = ?1 ORDER BY scope, key");
  attributes.Int(1, id);
  PARZEN_RETURN_IF_ERROR(ReadAttributes(std::move(attributes), &trial.user_attrs, &trial.system_attrs));
  return trial;
}

absl::Status TrialReader::Decode(Query& row, TrialRecord* trial) {
  if (!DecodeState(row.Int(0), &trial->state)) return DamagedTrial(study_id_, trial->number, "state");
  if (!DecodeDoubles(row.Bytes(1), &trial->values)) return DamagedTrial(study_id_, trial->number, "values");
  PARZEN_RETURN_IF_ERROR(DecodeParams(row, trial));
  trial->attempt = static_cast<int32_t>(row.Int(5));
  trial->losses = static_cast<int32_t>(row.Int(6));
  if (!DecodeNamedDoubles(row.Bytes(7), &trial->constraints)) return DamagedTrial(study_id_, trial->number, "constraints");
  if (!DecodeNamedDoubles(row.Bytes(8), &trial->metrics)) return DamagedTrial(study_id_, trial->number, "metrics");
  trial->worker = row.Bytes(9);
  trial->principal = row.Bytes(10);
  trial->lease_micros = row.Int(11);
  trial->created_at = row.Int(12);
  trial->started_at = row.Int(13);
  trial->finished_at = row.Int(14);
  if (!DecodeFailure(row.Int(15), &trial->failure)) return DamagedTrial(study_id_, trial->number, "failure");
  trial->reason = row.Bytes(16);
  trial->enqueued = row.Int(17) != 0;
  trial->imported = row.Int(18) != 0;
  trial->stop_requested = row.Int(19) != 0;
  trial->revision = row.Int(20);
  trial->sampled_at_revision = row.Int(21);
  trial->told_at_revision = row.Int(22);
  trial->definition_version = static_cast<int32_t>(row.Int(23));
  trial->algorithm_version = static_cast<int32_t>(row.Int(24));
  trial->sampler_draft = row.Bytes(25);
  return absl::OkStatus();
}

absl::Status TrialReader::DecodeParams(Query& row, TrialRecord* trial) {
  if (!scanner_.Scan(row.Bytes(2), row.Bytes(3), &params_)) return DamagedTrial(study_id_, trial->number, "params");
  if (!DecodeIndexes(row.Bytes(4), &dists_) || dists_.size() != params_.size()) {
    return DamagedTrial(study_id_, trial->number, "dists");
  }
  for (size_t i = 0; i < params_.size(); ++i) {
    absl::StatusOr<std::string_view> distribution = Distribution(dists_[i]);
    if (absl::IsNotFound(distribution.status())) return DamagedTrial(study_id_, trial->number, "dists");
    PARZEN_RETURN_IF_ERROR(distribution.status());
    const ParamScanner::Param& param = params_[i];
    trial->params.push_back({std::string(param.name), param.value, std::string(param.json), std::string(*distribution)});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> TrialReader::Distribution(int32_t idx) {
  if (static_cast<size_t>(idx) >= distributions_.size()) {
    Query query = connection_.Prepared("SELECT idx, json FROM distributions WHERE study_id = ?1 AND idx >= ?2 ORDER BY idx");
    query.Int(1, study_id_).Int(2, static_cast<int64_t>(distributions_.size()));
    absl::StatusOr<bool> row = query.Step();
    // One that is missing ends the list.
    for (; row.ok() && *row && query.Int(0) == static_cast<int64_t>(distributions_.size()); row = query.Step()) {
      distributions_.emplace_back(query.Bytes(1));
    }
    PARZEN_RETURN_IF_ERROR(row.status());
  }
  if (static_cast<size_t>(idx) < distributions_.size()) return distributions_[static_cast<size_t>(idx)];
  return absl::NotFoundError("");
}

absl::Status TrialReader::ReadIntermediates(int64_t id, TrialRecord* trial) {
  Query query = connection_.Prepared("SELECT step, value, reported_at FROM intermediates WHERE trial_id = ?1 ORDER BY step");
  query.Int(1, id);
  absl::StatusOr<bool> row = query.Step();
  for (; row.ok() && *row; row = query.Step()) {
    if (!DecodeIntermediate(query, 0, 1, 2, &trial->intermediates.emplace_back())) {
      return DamagedTrial(study_id_, trial->number, "intermediate values");
    }
  }
  return row.status();
}

bool DecodeIntermediate(Query& row, int step_column, int value_column, int reported_at_column, Intermediate* out) {
  out->step = row.Int(step_column);
  out->reported_at = row.Int(reported_at_column);
  out->more.clear();
  switch (row.Type(value_column)) {
    case SQLITE_FLOAT:
    case SQLITE_INTEGER:
      out->value = row.Double(value_column);
      return true;
    case SQLITE_NULL:
      out->value = *ParseNanText("NaN");
      return true;
    default: {
      const std::string_view text = row.Bytes(value_column);
      if (text.starts_with('[')) {  // several objectives
        if (!DecodeDoubles(text, &out->more) || out->more.empty()) return false;
        out->value = out->more.front();
        out->more.erase(out->more.begin());
        return true;
      }
      const std::optional<double> nan = ParseNanText(text);
      if (nan) out->value = *nan;
      return nan.has_value();
    }
  }
}

bool DecodeState(int64_t column, TrialState* out) {
  *out = static_cast<TrialState>(column);
  return column >= static_cast<int64_t>(TrialState::kWaiting) && column <= static_cast<int64_t>(TrialState::kFailed);
}

bool DecodeFailure(int64_t column, FailureKind* out) {
  *out = static_cast<FailureKind>(column);
  return column >= static_cast<int64_t>(FailureKind::kNone) && column <= static_cast<int64_t>(FailureKind::kInfeasible);
}

absl::Status DamagedTrial(int64_t study_id, int64_t number, std::string_view column) {
  return absl::DataLossError(absl::StrCat("trial ", number, " of the study with id ", study_id, ": its ", Abseil(column),
                                          " cannot be read; the file is damaged or was edited"));
}

}  // namespace parzen::storage::sqlite
