#include "storage/sqlite/loader.h"

#include <algorithm>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "storage/sqlite/reader.h"
#include "storage/sqlite/status.h"
#include "storage/sqlite/study_registry.h"

namespace parzen::storage::sqlite {
namespace {

constexpr int kTrialsAPage = 2000;
constexpr size_t kUnfinishedAPage = 500;
constexpr int kRequestsAPage = 10000;
constexpr int kAttrsAPage = 2000;
constexpr int kIntermediatesAPage = 20000;

}  // namespace

absl::Status Loader::Load() {
  PARZEN_RETURN_IF_ERROR(Pages(&Loader::LoadTrials));
  PARZEN_RETURN_IF_ERROR(Pages(&Loader::LoadUnfinished));
  const LoadVisitor::Wants wants = visitor_->wants();
  if (!wants.system_attr.empty()) PARZEN_RETURN_IF_ERROR(Pages(&Loader::LoadSystemAttrs));
  if (wants.intermediates) PARZEN_RETURN_IF_ERROR(Pages(&Loader::LoadIntermediates));
  return Pages(&Loader::LoadRequests);
}

absl::Status Loader::Pages(Page page) {
  for (;;) {
    PARZEN_ASSIGN_OR_RETURN(Database::Lease lease, database_->Read());
    const absl::StatusOr<bool> more = LoadPage(*lease, page);
    if (IsEnvironmentFailure(more.status())) lease.Discard();
    PARZEN_RETURN_IF_ERROR(more.status());
    if (!*more) return absl::OkStatus();
  }
}

absl::StatusOr<bool> Loader::LoadPage(Connection& connection, Page page) {
  const ReadTransaction transaction(connection);
  PARZEN_RETURN_IF_ERROR(transaction.status());
  PARZEN_ASSIGN_OR_RETURN(const int64_t id, ReadStudyId(connection, uid_));
  study_id_ = id;
  return (this->*page)(connection);
}

absl::Status Loader::LoadDistributions(Connection& connection) {
  Query query = connection.Prepared("SELECT idx, json FROM distributions WHERE study_id = ?1 AND idx >= ?2 ORDER BY idx");
  query.Int(1, study_id_).Int(2, distributions_);
  absl::StatusOr<bool> row = query.Step();
  // One that is missing ends the list; a trial that refers to it or to a later one is damaged.
  for (; row.ok() && *row && query.Int(0) == distributions_; row = query.Step()) {
    visitor_->OnDistribution(distributions_++, query.Bytes(1));
  }
  return row.status();
}

absl::StatusOr<bool> Loader::LoadTrials(Connection& connection) {
  PARZEN_RETURN_IF_ERROR(LoadDistributions(connection));
  Query query = connection.Prepared(
      "SELECT id, state, failure, revision, params, internal, dists, \"values\", constraints, sampler_draft, imported,"
      " attempt, told_at_revision, sampled_at_revision, started_at FROM trials"
      " WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3");
  query.Int(1, FirstTrialId(study_id_) + next_number_).Int(2, FirstTrialId(study_id_ + 1)).Int(3, kTrialsAPage);
  int rows = 0;
  absl::StatusOr<bool> row = query.Step();
  for (; row.ok() && *row; row = query.Step()) {
    PARZEN_RETURN_IF_ERROR(Visit(connection, query));
    ++rows;
  }
  PARZEN_RETURN_IF_ERROR(row.status());
  return rows == kTrialsAPage;
}

absl::Status Loader::Visit(Connection& connection, Query& row) {
  TrialRow trial{};
  const int64_t id = row.Int(0);
  trial.number = id - FirstTrialId(study_id_);
  next_number_ = trial.number + 1;
  if (!DecodeState(row.Int(1), &trial.state)) return DamagedTrial(study_id_, trial.number, "state");
  if (!DecodeFailure(row.Int(2), &trial.failure)) return DamagedTrial(study_id_, trial.number, "failure");
  trial.revision = row.Int(3);
  if (!scanner_.Scan(row.Bytes(4), row.Bytes(5), &scanned_)) return DamagedTrial(study_id_, trial.number, "params");
  params_.clear();
  for (const ParamScanner::Param& param : scanned_) params_.emplace_back(param.name, param.value);
  trial.params = params_;
  if (const std::string_view dists = row.Bytes(6); dists != dists_text_) {
    if (!DecodeIndexes(dists, &dists_) ||
        std::any_of(dists_.begin(), dists_.end(), [&](int32_t i) { return i >= distributions_; })) {
      return DamagedTrial(study_id_, trial.number, "dists");
    }
    dists_text_ = dists;
  }
  if (dists_.size() != params_.size()) return DamagedTrial(study_id_, trial.number, "dists");
  trial.distributions = dists_;
  if (!DecodeDoubles(row.Bytes(7), &values_)) return DamagedTrial(study_id_, trial.number, "values");
  trial.values = values_;
  trial.constraints_json = row.Bytes(8);
  trial.sampler_draft = row.Bytes(9);
  trial.imported = row.Int(10) != 0;
  trial.attempt = static_cast<int32_t>(row.Int(11));
  trial.told_at_revision = row.Int(12);
  trial.sampled_at_revision = row.Int(13);
  trial.started_at = row.Int(14);
  if (trial.state == TrialState::kPruned) PARZEN_RETURN_IF_ERROR(ReadLast(connection, id, &trial));
  if (trial.state == TrialState::kWaiting || trial.state == TrialState::kRunning) unfinished_.push_back(trial.number);
  visitor_->OnTrial(trial);
  return absl::OkStatus();
}

absl::Status Loader::ReadLast(Connection& connection, int64_t id, TrialRow* trial) {
  Query query =
      connection.Prepared("SELECT step, value, reported_at FROM intermediates WHERE trial_id = ?1 ORDER BY step DESC LIMIT 1");
  PARZEN_ASSIGN_OR_RETURN(const bool row, query.Int(1, id).Step());
  if (row && !DecodeIntermediate(query, 0, 1, 2, &trial->last.emplace())) {
    return DamagedTrial(study_id_, trial->number, "intermediate values");
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Loader::LoadUnfinished(Connection& connection) {
  TrialReader reader(connection, study_id_);
  const size_t end = std::min(unfinished_.size(), next_unfinished_ + kUnfinishedAPage);
  for (; next_unfinished_ < end; ++next_unfinished_) {
    PARZEN_ASSIGN_OR_RETURN(TrialRecord trial, reader.Read(unfinished_[next_unfinished_], View::kFull));
    visitor_->OnUnfinished(std::move(trial));
  }
  return next_unfinished_ < unfinished_.size();
}

absl::StatusOr<bool> Loader::LoadSystemAttrs(Connection& connection) {
  const std::string key = visitor_->wants().system_attr;
  Query query = connection.Prepared(
      "SELECT trial_id, value FROM trial_attrs"
      " WHERE trial_id >= ?1 AND trial_id < ?2 AND scope = 'system' AND key = ?3 ORDER BY trial_id LIMIT ?4");
  query.Int(1, FirstTrialId(study_id_) + next_attr_).Int(2, FirstTrialId(study_id_ + 1)).Text(3, key).Int(4, kAttrsAPage);
  int rows = 0;
  absl::StatusOr<bool> row = query.Step();
  for (; row.ok() && *row; row = query.Step()) {
    const int64_t number = query.Int(0) - FirstTrialId(study_id_);
    next_attr_ = number + 1;
    visitor_->OnSystemAttr(number, query.Bytes(1));
    ++rows;
  }
  PARZEN_RETURN_IF_ERROR(row.status());
  return rows == kAttrsAPage;
}

absl::StatusOr<bool> Loader::LoadIntermediates(Connection& connection) {
  Query query = connection.Prepared(
      "SELECT trial_id, step, value, reported_at FROM intermediates"
      " WHERE (trial_id, step) > (?1, ?2) AND trial_id < ?3 ORDER BY trial_id, step LIMIT ?4");
  if (intermediate_trial_ < 0) {  // before the first step of the study's first trial
    intermediate_trial_ = FirstTrialId(study_id_) - 1;
    intermediate_step_ = std::numeric_limits<int64_t>::max();
  }
  query.Int(1, intermediate_trial_).Int(2, intermediate_step_).Int(3, FirstTrialId(study_id_ + 1)).Int(4, kIntermediatesAPage);
  int rows = 0;
  Intermediate value;
  absl::StatusOr<bool> row = query.Step();
  for (; row.ok() && *row; row = query.Step()) {
    intermediate_trial_ = query.Int(0);
    const int64_t number = intermediate_trial_ - FirstTrialId(study_id_);
    if (!DecodeIntermediate(query, 1, 2, 3, &value)) return DamagedTrial(study_id_, number, "intermediate values");
    intermediate_step_ = value.step;
    visitor_->OnIntermediate(number, value);
    ++rows;
  }
  PARZEN_RETURN_IF_ERROR(row.status());
  return rows == kIntermediatesAPage;
}

absl::StatusOr<bool> Loader::LoadRequests(Connection& connection) {
  Query query = connection.Prepared(
      "SELECT locator, request_id FROM requests WHERE study_id = ?1 AND locator > ?2 ORDER BY locator LIMIT ?3");
  query.Int(1, study_id_).Int(2, last_locator_).Int(3, kRequestsAPage);
  int rows = 0;
  absl::StatusOr<bool> row = query.Step();
  for (; row.ok() && *row; row = query.Step()) {
    last_locator_ = query.Int(0);
    RequestId id{};
    const std::string_view bytes = query.Bytes(1);
    if (bytes.size() != id.size()) {
      return absl::DataLossError(
          absl::StrCat("request ", last_locator_, " has an id of ", bytes.size(), " bytes: the file is damaged"));
    }
    std::copy(bytes.begin(), bytes.end(), id.begin());
    visitor_->OnRequest(id, last_locator_);
    ++rows;
  }
  PARZEN_RETURN_IF_ERROR(row.status());
  return rows == kRequestsAPage;
}

}  // namespace parzen::storage::sqlite
