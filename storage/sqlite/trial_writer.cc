#include "storage/sqlite/trial_writer.h"

#include <cmath>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "storage/encoding/columns.h"
#include "storage/encoding/double_text.h"
#include "storage/encoding/trial_columns.h"
#include "storage/sqlite/attribute_writer.h"
#include "storage/sqlite/status.h"

namespace parzen::storage::sqlite {
namespace {

constexpr char kInsert[] =
    "INSERT INTO trials (id, state, \"values\", params, internal, dists, attempt, losses, constraints, metrics, worker, "
    "principal,"
    " lease_micros, created_at, started_at, finished_at, failure, reason, enqueued, imported, stop_requested, revision,"
    " sampled_at_revision, told_at_revision, definition_version, algorithm_version, sampler_draft)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25,"
    " ?26, ?27)";

}  // namespace

absl::Status TrialWriter::Distributions(Connection& connection, KnownStudy* study, std::span<const ParamRecord> params) {
  dists_.clear();
  for (const ParamRecord& param : params) {
    PARZEN_ASSIGN_OR_RETURN(const int32_t idx, registry_->Distribution(connection, study, param.distribution));
    dists_.push_back(idx);
  }
  return absl::OkStatus();
}

absl::Status TrialWriter::Insert(Connection& connection, KnownStudy* study, const TrialRecord& trial) {
  const int64_t id = FirstTrialId(study->id) + trial.number;
  PARZEN_RETURN_IF_ERROR(Distributions(connection, study, trial.params));
  PARZEN_RETURN_IF_ERROR(texts_.Encode(trial, dists_));
  Query insert = connection.Prepared(kInsert);
  insert.Int(1, id).Int(2, static_cast<int64_t>(trial.state)).TextOrNull(3, texts_.values).TextOrNull(4, texts_.params.params);
  insert.TextOrNull(5, texts_.params.internal).TextOrNull(6, texts_.params.dists).Int(7, trial.attempt).Int(8, trial.losses);
  insert.TextOrNull(9, texts_.constraints)
      .TextOrNull(10, texts_.metrics)
      .TextOrNull(11, trial.worker)
      .TextOrNull(12, trial.principal);
  insert.Int(13, trial.lease_micros).Int(14, trial.created_at).Int(15, trial.started_at).Int(16, trial.finished_at);
  insert.Int(17, static_cast<int64_t>(trial.failure)).TextOrNull(18, trial.reason).Int(19, trial.enqueued);
  insert.Int(20, trial.imported).Int(21, trial.stop_requested).Int(22, trial.revision).Int(23, trial.sampled_at_revision);
  insert.Int(24, trial.told_at_revision).Int(25, trial.definition_version).Int(26, trial.algorithm_version);
  PARZEN_RETURN_IF_ERROR(insert.TextOrNull(27, trial.sampler_draft).Run());
  study->next_number = trial.number + 1;
  PARZEN_RETURN_IF_ERROR(PutIntermediates(connection, id, trial.intermediates));
  return PutAttributes(connection, kTrialAttributes, id, trial.user_attrs, trial.system_attrs);
}

absl::Status TrialWriter::Update(Connection& connection, KnownStudy* study, const UpdateTrial& update) {
  const int64_t id = FirstTrialId(study->id) + update.number;
  if (update.params) PARZEN_RETURN_IF_ERROR(Distributions(connection, study, *update.params));
  PARZEN_RETURN_IF_ERROR(texts_.Encode(update, dists_));
  PARZEN_RETURN_IF_ERROR(UpdateRow(connection, id, update));
  if (update.clear_intermediates) {
    PARZEN_RETURN_IF_ERROR(connection.Prepared("DELETE FROM intermediates WHERE trial_id = ?1").Int(1, id).Run());
  }
  PARZEN_RETURN_IF_ERROR(PutIntermediates(connection, id, update.intermediates));
  return ChangeAttributes(connection, kTrialAttributes, id, update.user_attrs, update.system_attrs);
}

absl::Status TrialWriter::UpdateRow(Connection& connection, int64_t id, const UpdateTrial& update) {
  const auto for_each_column = [&](auto set) { ForEachColumn(update, texts_, set); };
  std::unique_ptr<std::string>& sql = updates_[ColumnSet(update)];
  if (sql == nullptr) {
    sql = std::make_unique<std::string>("UPDATE trials SET ");
    int parameter = 1;
    for_each_column([&](const char* name, const auto&) {
      absl::StrAppend(sql.get(), parameter == 1 ? "" : ", ", name, " = ?", parameter + 1);
      ++parameter;
    });
    absl::StrAppend(sql.get(), " WHERE id = ?1");
  }
  Query query = connection.Prepared(sql->c_str());
  query.Int(1, id);
  int parameter = 2;
  for_each_column([&](const char*, const auto& value) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, int64_t>) {
      query.Int(parameter++, value);
    } else {
      query.TextOrNull(parameter++, value);
    }
  });
  return query.Run();
}

absl::Status TrialWriter::PutIntermediates(Connection& connection, int64_t id, const std::vector<Intermediate>& intermediates) {
  for (const Intermediate& intermediate : intermediates) {
    PARZEN_RETURN_IF_ERROR(PutIntermediate(connection, id, intermediate));
  }
  return absl::OkStatus();
}

absl::Status PutIntermediate(Connection& connection, int64_t id, const Intermediate& intermediate) {
  Query query = connection.Prepared("REPLACE INTO intermediates VALUES (?1, ?2, ?3, ?4)");
  query.Int(1, id).Int(2, intermediate.step).Int(4, intermediate.reported_at);
  std::string text;
  if (!intermediate.more.empty()) {
    std::vector<double> values = {intermediate.value};
    values.insert(values.end(), intermediate.more.begin(), intermediate.more.end());
    EncodeDoubles(values, &text);
    query.Text(3, text);
  } else if (!std::isnan(intermediate.value)) {
    query.Double(3, intermediate.value);
  } else if (IsUsualNan(intermediate.value)) {
    query.Null(3);
  } else {
    text = NanText(intermediate.value);
    query.Text(3, text);
  }
  return query.Run();
}

}  // namespace parzen::storage::sqlite
