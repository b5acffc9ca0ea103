#include "storage/postgres/reader.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/string_view.h"
#include "storage/encoding/columns.h"
#include "storage/known_study.h"

namespace parzen::storage::postgres {
namespace {

#define PARZEN_STUDY_COLUMNS "id, uid, name, definition, definition_version, state, created_at, revision"

std::string_view Bytes(const RequestId& id) { return {reinterpret_cast<const char*>(id.data()), id.size()}; }

absl::StatusOr<StudyRecord> StudyFromRow(const Rows& rows, int row) {
  StudyRecord study;
  study.id = rows.Int(row, 0);
  study.uid = static_cast<uint64_t>(rows.Int(row, 1));
  study.name = rows.Text(row, 2);
  study.definition = rows.Text(row, 3);
  study.definition_version = static_cast<int32_t>(rows.Int(row, 4));
  study.state = static_cast<StudyState>(rows.Int(row, 5));
  if (study.state < StudyState::kActive || study.state > StudyState::kFinished) {
    return absl::DataLossError(absl::StrCat("study \"", study.name, "\": its state cannot be read; the table was edited"));
  }
  study.created_at = rows.Int(row, 6);
  study.revision = rows.Int(row, 7);
  return study;
}

// Owner, scope, key, value; by all but the value.
void AddAttribute(const Rows& rows, int row, Attributes* user, Attributes* system) {
  (rows.Json(row, 1) == "user" ? user : system)->emplace_back(rows.Text(row, 2), rows.Text(row, 3));
}

absl::Status AddAttributes(Connection& connection, std::vector<StudyRecord>* studies) {
  std::vector<int64_t> ids;
  absl::flat_hash_map<int64_t, StudyRecord*> by_id;
  for (StudyRecord& study : *studies) {
    ids.push_back(study.id);
    by_id.emplace(study.id, &study);
  }
  PARZEN_ASSIGN_OR_RETURN(const Rows rows, connection.Query("SELECT study_id, scope, key, value FROM study_attrs"
                                                            " WHERE study_id = ANY($1) ORDER BY study_id, scope, key",
                                                            Values().Ints(ids)));
  for (int row = 0; row < rows.size(); ++row) {
    StudyRecord* study = by_id[rows.Int(row, 0)];
    AddAttribute(rows, row, &study->user_attrs, &study->system_attrs);
  }
  return absl::OkStatus();
}

absl::StatusOr<StudyRecord> WholeStudy(Connection& connection, const absl::StatusOr<Rows>& found, const absl::Status& missing) {
  PARZEN_RETURN_IF_ERROR(found.status());
  if (found->size() == 0) return missing;
  std::vector<StudyRecord> studies;
  PARZEN_ASSIGN_OR_RETURN(StudyRecord study, StudyFromRow(*found, 0));
  studies.push_back(std::move(study));
  PARZEN_RETURN_IF_ERROR(AddAttributes(connection, &studies));
  PARZEN_ASSIGN_OR_RETURN(const Rows state,
                          connection.Query("SELECT state FROM sampler_states WHERE study_id = $1", Values().Int(studies[0].id)));
  if (state.size() > 0) studies[0].sampler_state = state.Blob(0, 0);
  return std::move(studies[0]);
}

// Decodes rows of `trials` in the order of kTrials.
class TrialDecoder {
 public:
  TrialDecoder(int64_t study_id, std::vector<std::string> distributions)
      : study_id_(study_id), distributions_(std::move(distributions)) {}

  absl::StatusOr<TrialRecord> Decode(const Rows& rows, int row);

 private:
  bool DecodeParams(const Rows& rows, int row, TrialRecord* trial);

  const int64_t study_id_;
  const std::vector<std::string> distributions_;
  ParamScanner scanner_;
  std::vector<ParamScanner::Param> params_;
  std::vector<int32_t> dists_;
};

constexpr char kTrials[] =
    "SELECT id, state, failure, \"values\", params, internal, dists, constraints, metrics, attempt, losses, worker, principal,"
    " lease_micros, created_at, started_at, finished_at, reason, enqueued, imported, stop_requested, revision, "
    "sampled_at_revision,"
    " told_at_revision, definition_version, algorithm_version, sampler_draft FROM trials WHERE id = ANY($1)";

absl::StatusOr<TrialRecord> TrialDecoder::Decode(const Rows& rows, int row) {
  TrialRecord trial;
  trial.number = rows.Int(row, 0) - FirstTrialId(study_id_);
  const auto damaged = [&](std::string_view column) { return DamagedTrial(study_id_, trial.number, column); };
  if (!DecodeState(rows.Int(row, 1), &trial.state)) return damaged("state");
  if (!DecodeFailure(rows.Int(row, 2), &trial.failure)) return damaged("failure");
  if (!DecodeDoubles(rows.Json(row, 3), &trial.values)) return damaged("values");
  if (!DecodeParams(rows, row, &trial)) return damaged("params");
  if (!DecodeNamedDoubles(rows.Json(row, 7), &trial.constraints)) return damaged("constraints");
  if (!DecodeNamedDoubles(rows.Json(row, 8), &trial.metrics)) return damaged("metrics");
  trial.attempt = static_cast<int32_t>(rows.Int(row, 9));
  trial.losses = static_cast<int32_t>(rows.Int(row, 10));
  trial.worker = rows.Text(row, 11);
  trial.principal = rows.Text(row, 12);
  trial.lease_micros = rows.Int(row, 13);
  trial.created_at = rows.Int(row, 14);
  trial.started_at = rows.Int(row, 15);
  trial.finished_at = rows.Int(row, 16);
  trial.reason = rows.Text(row, 17);
  trial.enqueued = rows.Int(row, 18) != 0;
  trial.imported = rows.Int(row, 19) != 0;
  trial.stop_requested = rows.Int(row, 20) != 0;
  trial.revision = rows.Int(row, 21);
  trial.sampled_at_revision = rows.Int(row, 22);
  trial.told_at_revision = rows.Int(row, 23);
  trial.definition_version = static_cast<int32_t>(rows.Int(row, 24));
  trial.algorithm_version = static_cast<int32_t>(rows.Int(row, 25));
  trial.sampler_draft = rows.Text(row, 26);
  return trial;
}

bool TrialDecoder::DecodeParams(const Rows& rows, int row, TrialRecord* trial) {
  if (!scanner_.Scan(rows.Json(row, 4), rows.Json(row, 5), &params_)) return false;
  if (!DecodeIndexes(rows.Json(row, 6), &dists_) || dists_.size() != params_.size()) return false;
  for (size_t i = 0; i < params_.size(); ++i) {
    if (static_cast<size_t>(dists_[i]) >= distributions_.size()) return false;
    trial->params.push_back({std::string(params_[i].name), params_[i].value, std::string(params_[i].json),
                             distributions_[static_cast<size_t>(dists_[i])]});
  }
  return true;
}

}  // namespace

absl::StatusOr<int64_t> ReadStudyId(Connection& connection, uint64_t uid) {
  PARZEN_ASSIGN_OR_RETURN(const Rows rows, connection.Query("SELECT id FROM studies WHERE uid = $1 AND name IS NOT NULL",
                                                            Values().Int(static_cast<int64_t>(uid))));
  if (rows.size() == 0) return NoSuchStudy(uid);
  return rows.Int(0, 0);
}

absl::StatusOr<StudyRecord> ReadStudy(Connection& connection, std::string_view name) {
  return WholeStudy(connection,
                    connection.Query("SELECT " PARZEN_STUDY_COLUMNS " FROM studies WHERE name = $1", Values().Text(name)),
                    absl::NotFoundError(absl::StrCat("there is no study \"", Abseil(name), "\"")));
}

absl::StatusOr<StudyRecord> ReadStudyByUid(Connection& connection, uint64_t uid) {
  return WholeStudy(connection,
                    connection.Query("SELECT " PARZEN_STUDY_COLUMNS " FROM studies WHERE uid = $1 AND name IS NOT NULL",
                                     Values().Int(static_cast<int64_t>(uid))),
                    NoSuchStudy(uid));
}

absl::StatusOr<StudyRecord> ReadStudyById(Connection& connection, int64_t id) {
  return WholeStudy(
      connection,
      connection.Query("SELECT " PARZEN_STUDY_COLUMNS " FROM studies WHERE id = $1 AND name IS NOT NULL", Values().Int(id)),
      absl::NotFoundError(absl::StrCat("there is no study with id ", id)));
}

absl::StatusOr<std::vector<StudyRecord>> ReadStudies(Connection& connection, std::string_view after, std::string_view prefix,
                                                     int limit) {
  PARZEN_ASSIGN_OR_RETURN(const Rows rows, connection.Query("SELECT " PARZEN_STUDY_COLUMNS
                                                            " FROM studies WHERE name > $1 AND name >= $2 ORDER BY name LIMIT $3",
                                                            Values().Text(after).Text(prefix).Int(std::max(limit, 0))));
  std::vector<StudyRecord> studies;
  for (int row = 0; row < rows.size(); ++row) {
    PARZEN_ASSIGN_OR_RETURN(StudyRecord study, StudyFromRow(rows, row));
    // Names are in the order of their bytes, so those with the prefix come together.
    if (!study.name.starts_with(prefix)) break;
    studies.push_back(std::move(study));
  }
  PARZEN_RETURN_IF_ERROR(AddAttributes(connection, &studies));
  return studies;
}

absl::StatusOr<int64_t> ReadStudyCount(Connection& connection) {
  PARZEN_ASSIGN_OR_RETURN(const Rows rows, connection.Query("SELECT count(*) FROM studies WHERE name IS NOT NULL"));
  return rows.Int(0, 0);
}

absl::StatusOr<std::vector<uint64_t>> ReadLeasedStudies(Connection& connection) {
  PARZEN_ASSIGN_OR_RETURN(const Rows rows,
                          connection.Query("SELECT uid FROM studies WHERE name IS NOT NULL AND id IN"
                                           " (SELECT id >> 32 FROM trials WHERE state = 2 AND lease_micros > 0)"));
  std::vector<uint64_t> uids;
  for (int row = 0; row < rows.size(); ++row) uids.push_back(static_cast<uint64_t>(rows.Int(row, 0)));
  return uids;
}

absl::StatusOr<TrialTally> ReadTrialTally(Connection& connection, int64_t study_id) {
  PARZEN_ASSIGN_OR_RETURN(
      const Rows rows,
      connection.Query(
          "SELECT state, count(*), sum(imported), max(revision) FROM trials WHERE id >= $1 AND id < $2 GROUP BY state",
          Values().Int(FirstTrialId(study_id)).Int(FirstTrialId(study_id + 1))));
  TrialTally tally;
  for (int row = 0; row < rows.size(); ++row) {
    const auto state = static_cast<size_t>(rows.Int(row, 0));
    if (state >= tally.by_state.size()) return absl::DataLossError("a trial has an unknown state");
    tally.by_state[state] = rows.Int(row, 1);
    tally.imported += rows.Int(row, 2);
    tally.revision = std::max(tally.revision, rows.Int(row, 3));
  }
  return tally;
}

absl::StatusOr<RequestRecord> ReadStudyRequest(Connection& connection, int64_t study_id, int64_t locator) {
  PARZEN_ASSIGN_OR_RETURN(const Rows rows,
                          connection.Query("SELECT request_id, payload_hash, result, trial, expires_at FROM requests"
                                           " WHERE study_id = $1 AND locator = $2",
                                           Values().Int(study_id).Int(locator)));
  if (rows.size() == 0) return absl::NotFoundError(absl::StrCat("there is no request at ", locator));
  RequestRecord request;
  const std::string_view id = rows.Blob(0, 0);
  std::copy_n(id.begin(), std::min(id.size(), request.id.size()), request.id.begin());
  request.locator = locator;
  request.payload_hash = static_cast<uint64_t>(rows.Int(0, 1));
  request.result = rows.Blob(0, 2);
  request.trial = rows.Int(0, 3);
  request.expires_at = rows.Int(0, 4);
  return request;
}

absl::StatusOr<std::optional<RequestRecord>> ReadServerRequest(Connection& connection, const RequestId& id) {
  PARZEN_ASSIGN_OR_RETURN(const Rows rows,
                          connection.Query("SELECT payload_hash, result, expires_at FROM server_requests WHERE request_id = $1",
                                           Values().Blob(Bytes(id))));
  if (rows.size() == 0) return std::nullopt;
  RequestRecord request;
  request.id = id;
  request.payload_hash = static_cast<uint64_t>(rows.Int(0, 0));
  request.result = rows.Blob(0, 1);
  request.expires_at = rows.Int(0, 2);
  return request;
}

absl::StatusOr<int64_t> ReadLatestRequestExpiry(Connection& connection) {
  PARZEN_ASSIGN_OR_RETURN(const Rows rows,
                          connection.Query("SELECT greatest((SELECT max(expires_at) FROM requests WHERE expires_at > 0),"
                                           " (SELECT max(expires_at) FROM server_requests WHERE expires_at > 0), 0)"));
  return rows.Int(0, 0);
}

absl::StatusOr<std::vector<std::string>> ReadDistributions(Connection& connection, int64_t study_id, int64_t first) {
  PARZEN_ASSIGN_OR_RETURN(const Rows rows,
                          connection.Query("SELECT idx, json FROM distributions WHERE study_id = $1 AND idx >= $2 ORDER BY idx",
                                           Values().Int(study_id).Int(first)));
  std::vector<std::string> distributions;
  for (int row = 0; row < rows.size() && rows.Int(row, 0) == first + row; ++row) distributions.push_back(rows.Text(row, 1));
  return distributions;
}

absl::StatusOr<std::vector<TrialRecord>> ReadTrials(Connection& connection, int64_t study_id, std::span<const int64_t> numbers,
                                                    View view) {
  std::vector<int64_t> ids;
  for (const int64_t number : numbers) {
    if (number < 0 || number > kMaxTrialNumber) return absl::NotFoundError(absl::StrCat("there is no trial ", number));
    ids.push_back(FirstTrialId(study_id) + number);
  }
  PARZEN_ASSIGN_OR_RETURN(std::vector<std::string> distributions, ReadDistributions(connection, study_id, 0));
  connection.Send(kTrials, Values().Ints(ids));
  if (view == View::kFull) {
    connection.Send(
        "SELECT trial_id, step, value, reported_at, more FROM intermediates WHERE trial_id = ANY($1) ORDER BY trial_id, step",
        Values().Ints(ids));
    connection.Send("SELECT trial_id, scope, key, value FROM trial_attrs WHERE trial_id = ANY($1) ORDER BY trial_id, scope, key",
                    Values().Ints(ids));
  }
  const Answer answer = connection.Run();
  if (!answer.ok()) return answer.status;
  absl::flat_hash_map<int64_t, TrialRecord> by_id;
  TrialDecoder decoder(study_id, std::move(distributions));
  const Rows& trials = answer.rows[0];
  for (int row = 0; row < trials.size(); ++row) {
    PARZEN_ASSIGN_OR_RETURN(TrialRecord trial, decoder.Decode(trials, row));
    by_id.emplace(trials.Int(row, 0), std::move(trial));
  }
  if (view == View::kFull) {
    const Rows &intermediates = answer.rows[1], &attributes = answer.rows[2];
    for (int row = 0; row < intermediates.size(); ++row) {
      TrialRecord& trial = by_id[intermediates.Int(row, 0)];
      if (!DecodeIntermediate(intermediates, row, 1, &trial.intermediates.emplace_back())) {
        return DamagedTrial(study_id, trial.number, "intermediate values");
      }
    }
    for (int row = 0; row < attributes.size(); ++row) {
      TrialRecord& trial = by_id[attributes.Int(row, 0)];
      AddAttribute(attributes, row, &trial.user_attrs, &trial.system_attrs);
    }
  }
  std::vector<TrialRecord> records;
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto found = by_id.find(ids[i]);
    if (found == by_id.end()) return absl::NotFoundError(absl::StrCat("there is no trial ", numbers[i]));
    records.push_back(found->second);
  }
  return records;
}

bool DecodeState(int64_t column, TrialState* out) {
  *out = static_cast<TrialState>(column);
  return column >= static_cast<int64_t>(TrialState::kWaiting) && column <= static_cast<int64_t>(TrialState::kFailed);
}

bool DecodeFailure(int64_t column, FailureKind* out) {
  *out = static_cast<FailureKind>(column);
  return column >= static_cast<int64_t>(FailureKind::kNone) && column <= static_cast<int64_t>(FailureKind::kInfeasible);
}

bool DecodeIntermediate(const Rows& rows, int row, int first, Intermediate* out) {
  out->step = rows.Int(row, first);
  out->value = rows.Double(row, first + 1);
  out->reported_at = rows.Int(row, first + 2);
  return DecodeDoubles(rows.Json(row, first + 3), &out->more);
}

absl::Status DamagedTrial(int64_t study_id, int64_t number, std::string_view column) {
  return absl::DataLossError(absl::StrCat("trial ", number, " of the study with id ", study_id, ": its ", Abseil(column),
                                          " cannot be read; the table was edited"));
}

}  // namespace parzen::storage::postgres
