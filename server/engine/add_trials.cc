// AddTrials: finished trials from elsewhere, thousands a call. They are checked and built before the mutex is taken.

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/learned_outcome.h"
#include "server/engine/result_bytes.h"
#include "server/engine/study_engine.h"

namespace parzen::engine {

absl::Status StudyEngine::ResolveImported(const ImportedTrial& trial, storage::TrialRecord* record) const {
  if (!learner_->definition().space.empty()) return ResolveDeclared("trials.params", trial.params, record);
  for (const GivenParam& param : trial.params) {
    if (param.name.empty() || param.name.size() > kMaxNameBytes)
      return BadField("trials.params.name", "1 to 256 bytes are accepted");
    if (!param.distribution) {
      return BadField("trials.params.distribution", "of \"" + param.name + "\" is not set; a define-by-run study needs it");
    }
    const auto is_it = [&](const storage::ParamRecord& other) { return other.name == param.name; };
    if (std::any_of(record->params.begin(), record->params.end(), is_it)) {
      return BadField("trials.params", "\"" + param.name + "\" is there twice");
    }
    absl::Status status = ValidateDistribution(param.name, *param.distribution);
    if (!status.ok()) return AsBadField(status, "trials.params.distribution");
    status = CheckColumn("trials.params.distribution", param.name, *param.distribution);
    if (!status.ok()) return status;
    const absl::StatusOr<double> value = ToInternal(param.name, *param.distribution, param.value);
    if (!value.ok()) return AsBadField(value.status(), "trials.params");
    record->params.push_back(MakeParam(param.name, *param.distribution, DistributionToJson(*param.distribution), *value));
  }
  return absl::OkStatus();
}

absl::StatusOr<storage::TrialRecord> StudyEngine::ImportedRecord(const ImportedTrial& trial, int64_t now) const {
  storage::TrialRecord record;
  if (absl::Status status = ResolveImported(trial, &record); !status.ok()) return status;
  const size_t objectives = learner_->definition().directions.size();
  const bool valued = trial.state == TrialState::kComplete || (trial.state == TrialState::kPruned && !trial.values.empty());
  if (valued && trial.values.size() != objectives) {
    return BadField("trials.values",
                    absl::StrCat("has ", trial.values.size(), " values; the study has ", objectives, " objectives"));
  }
  record.state = trial.state;
  record.failure = trial.state != TrialState::kFailed    ? FailureKind::kNone
                   : trial.failure == FailureKind::kNone ? FailureKind::kCrashed
                                                         : trial.failure;
  record.reason = trial.reason;
  if (trial.state != TrialState::kFailed) record.values = trial.values;
  if (trial.state == TrialState::kComplete &&
      std::any_of(trial.values.begin(), trial.values.end(), [](double v) { return std::isnan(v); })) {
    record.state = TrialState::kFailed;
    record.failure = FailureKind::kCrashed;
    record.reason = "an objective is NaN";
    record.values.clear();
  }
  record.intermediates = trial.intermediates;
  for (storage::Intermediate& value : record.intermediates) {
    if (value.reported_at == 0) value.reported_at = now;
  }
  std::sort(record.intermediates.begin(), record.intermediates.end(),
            [](const auto& a, const auto& b) { return a.step < b.step; });
  const auto twice = std::adjacent_find(record.intermediates.begin(), record.intermediates.end(),
                                        [](const auto& a, const auto& b) { return a.step == b.step; });
  if (twice != record.intermediates.end()) {
    return BadField("trials.intermediate_values", absl::StrCat("step ", twice->step, " is there twice"));
  }
  record.constraints = trial.constraints;
  record.metrics = trial.metrics;
  record.user_attrs = trial.user_attrs;
  record.system_attrs = trial.system_attrs;
  record.worker = trial.worker;
  record.finished_at = trial.finished_at != 0 ? trial.finished_at : now;
  record.started_at = trial.started_at != 0 ? trial.started_at : record.finished_at;
  record.created_at = trial.created_at != 0 ? trial.created_at : record.started_at;
  record.imported = true;
  return record;
}

void StudyEngine::RunAddTrials(const AddTrialsCommand& command, Done<AddTrialsAnswer> done) {
  const int64_t first = learner_->size();
  const int64_t now = Now();
  std::vector<storage::TrialRecord> records;
  records.reserve(command.trials.size());
  for (size_t i = 0; i < command.trials.size(); ++i) {
    absl::StatusOr<storage::TrialRecord> record = ImportedRecord(command.trials[i], now);
    if (!record.ok()) {
      const auto detail = GetErrorDetail(record.status());
      const std::string message = absl::StrCat("trials[", i, "]: ", record.status().message());
      return done(detail ? MakeError(record.status().code(), message, *detail) : record.status());
    }
    record->number = first + static_cast<int64_t>(i);
    records.push_back(*std::move(record));
  }
  auto batch = std::make_shared<Batch>();
  batch->changes.reserve(records.size() + 1);
  for (const storage::TrialRecord& record : records) {
    batch->changes.emplace_back(storage::InsertTrial{record});
    const bool candidate = record.state == TrialState::kComplete && IsFeasible(record.constraints);
    batch->effects.push_back({record.number, 0, record.state, candidate ? record.values : std::vector<double>()});
  }
  const AddTrialsAnswer answer{first, static_cast<int32_t>(records.size())};
  batch->done.push_back([answer, done](const absl::Status& committed) {
    if (!committed.ok()) return done(committed);
    done(answer);
  });

  std::unique_lock lock(mutex_);
  if (absl::Status status = Check(); !status.ok()) {
    lock.unlock();
    return done(status);
  }
  for (size_t i = 0; i < records.size(); ++i) {
    storage::TrialRecord& record = std::get<storage::InsertTrial>(batch->changes[i]).trial;
    record.revision = record.told_at_revision = batch->effects[i].revision = ++revision_;
    record.definition_version = face_.definition_version;
    index_.push_back({0, 0, static_cast<uint8_t>(record.state), true});
  }
  imported_ += static_cast<int64_t>(records.size());
  batch->revision = revision_;
  ResultWriter result;
  result.Int(answer.first_number).Int(answer.count);
  QueueAndRelease(std::move(lock), std::move(batch), command.request, result.Take(), first);

  for (const storage::TrialRecord& record : records) LearnImported(record);
  NoteMemory();
}

void StudyEngine::LearnImported(const storage::TrialRecord& record) {
  std::vector<std::shared_ptr<const Distribution>> distributions;
  std::vector<LearnedParam> params;
  for (const storage::ParamRecord& param : record.params) {
    const auto distribution = distributions_.Find(param.distribution);
    if (!distribution.ok()) continue;  // it was written by us just now
    distributions.push_back(*distribution);
    params.push_back({param.name, distributions.back().get(), param.value});
  }
  const storage::Intermediate* last = record.intermediates.empty() ? nullptr : &record.intermediates.back();
  const Outcome outcome = LearnedOutcome(record.state, record.failure, record.values, record.constraints, last);
  learner_->AddRow(outcome.state, params, &outcome);
}

absl::StatusOr<AddTrialsAnswer> StudyEngine::RecallAddTrials(const AddTrialsCommand&, std::string_view result) {
  ResultReader reader(result);
  AddTrialsAnswer answer;
  answer.first_number = reader.Int();
  answer.count = static_cast<int32_t>(reader.Int());
  if (!reader.ok()) return absl::DataLossError("the kept answer of an AddTrials cannot be read");
  return answer;
}

}  // namespace parzen::engine
