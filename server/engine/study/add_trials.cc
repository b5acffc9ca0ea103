// AddTrials: finished trials from elsewhere, or copies of another study's, thousands a call. They are checked and built before
// the mutex is taken.

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/study/learned_outcome.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {
namespace {

// The intermediate values by step; INVALID_ARGUMENT where one is there twice.
absl::StatusOr<std::vector<storage::Intermediate>> InOrder(std::vector<storage::Intermediate> values, int64_t now) {
  for (storage::Intermediate& value : values) {
    if (value.reported_at == 0) value.reported_at = now;
  }
  std::sort(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
  const auto twice =
      std::adjacent_find(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.step == b.step; });
  if (twice == values.end()) return values;
  return error::BadField("trials.intermediate_values", absl::StrCat("step ", twice->step, " is there twice"));
}

void SetEnd(const ImportedTrial& trial, storage::TrialRecord* record) {
  record->state = trial.state;
  record->failure = trial.state != TrialState::kFailed    ? FailureKind::kNone
                    : trial.failure == FailureKind::kNone ? FailureKind::kCrashed
                                                          : trial.failure;
  record->reason = trial.reason;
  if (trial.state != TrialState::kFailed) record->values = trial.values;
  if (trial.state == TrialState::kComplete &&
      std::any_of(trial.values.begin(), trial.values.end(), [](double v) { return std::isnan(v); })) {
    record->state = TrialState::kFailed;
    record->failure = FailureKind::kCrashed;
    record->reason = "an objective is NaN";
    record->values.clear();
  }
}

void SetTimes(const ImportedTrial& trial, int64_t now, storage::TrialRecord* record) {
  if (record->state >= TrialState::kComplete) record->finished_at = trial.finished_at != 0 ? trial.finished_at : now;
  const int64_t latest = record->finished_at != 0 ? record->finished_at : now;
  // One that waits has been started where it was taken back.
  const bool waits = record->state == TrialState::kWaiting;
  record->started_at = waits || trial.started_at != 0 ? trial.started_at : latest;
  record->created_at = trial.created_at != 0 ? trial.created_at : record->started_at != 0 ? record->started_at : now;
}

}  // namespace

// Define-by-run: each parameter with its distribution. What a waiting trial was given needs none before it is suggested.
absl::Status StudyEngine::ResolveByRun(const ImportedTrial& trial, LiveTrial* resolved) const {
  storage::TrialRecord* record = &resolved->record;
  std::vector<std::string> seen;
  for (const GivenParam& param : trial.params) {
    if (param.name.empty() || param.name.size() > kMaxNameBytes) {
      return error::BadField("trials.params.name", "1 to 256 bytes are accepted");
    }
    if (std::find(seen.begin(), seen.end(), param.name) != seen.end()) {
      return error::BadField("trials.params", "\"" + param.name + "\" is there twice");
    }
    seen.push_back(param.name);
    if (trial.state == TrialState::kWaiting) {
      resolved->stored.fixed.push_back(param.name);
      resolved->stored.given.emplace_back(param.name, param.value);
      continue;
    }
    if (!param.distribution) {
      return error::BadField("trials.params.distribution",
                             "of \"" + param.name + "\" is not set; a define-by-run study needs it");
    }
    absl::Status status = ValidateDistribution(param.name, *param.distribution);
    if (!status.ok()) return error::AsBadField(status, "trials.params.distribution");
    status = CheckColumn("trials.params.distribution", param.name, *param.distribution);
    if (!status.ok()) return status;
    const absl::StatusOr<double> value = ToInternal(param.name, *param.distribution, param.value);
    if (!value.ok()) return error::AsBadField(value.status(), "trials.params");
    record->params.push_back(MakeParam(param.name, *param.distribution, DistributionToJson(*param.distribution), *value));
  }
  return absl::OkStatus();
}

// A declared space: the distributions that the copies were suggested from, which the declared ones have grown from.
absl::Status StudyEngine::KeepDistributions(const std::vector<GivenParam>& given, storage::TrialRecord* record) const {
  const SearchSpace& space = learner_->definition().space;
  for (const GivenParam& param : given) {
    const Distribution& declared = space[*space.Find(param.name)].distribution;
    if (!param.distribution || *param.distribution == declared) continue;
    const auto before = SearchSpace::Create({{param.name, *param.distribution, std::nullopt}});
    if (!before.ok()) return error::AsBadField(before.status(), "trials.params.distribution");
    const auto now = SearchSpace::Create({{param.name, declared, std::nullopt}});
    if (!now.ok()) return now.status();
    if (absl::Status status = before->CheckGrowth(*now); !status.ok())
      return error::AsBadField(status, "trials.params.distribution");
    const absl::StatusOr<double> value = ToInternal(param.name, *param.distribution, param.value);
    if (!value.ok()) return error::AsBadField(value.status(), "trials.params");
    const auto kept =
        std::find_if(record->params.begin(), record->params.end(), [&](const auto& other) { return other.name == param.name; });
    *kept = MakeParam(param.name, *param.distribution, DistributionToJson(*param.distribution), *value);
  }
  return absl::OkStatus();
}

// Every active parameter is there or has a default.
absl::Status StudyEngine::CheckWhole(const storage::TrialRecord& record) const {
  const StudyDefinition& definition = learner_->definition();
  const SearchSpace& space = definition.space;
  Point point(space.size(), kAbsent);
  for (const storage::ParamRecord& param : record.params) point[*space.Find(param.name)] = param.value;
  for (size_t i = 0; i < space.size(); ++i) {
    if (!std::isnan(point[i]) || !space.IsActive(i, point)) continue;
    if (!definition.defaults[i]) {
      return error::BadField("trials.params",
                             "\"" + space[i].name + "\" is missing; each active parameter without a default is needed");
    }
    const auto value = ToInternal(space[i].name, space[i].distribution, *definition.defaults[i]);
    if (value.ok()) point[i] = *value;  // checked when the definition was made
  }
  return absl::OkStatus();
}

absl::Status StudyEngine::ResolveImported(const ImportedTrial& trial, bool restore, LiveTrial* resolved) const {
  storage::TrialRecord* record = &resolved->record;
  if (learner_->definition().space.empty()) return ResolveByRun(trial, resolved);
  if (absl::Status status = ResolveDeclared("trials.params", trial.params, record); !status.ok()) return status;
  // A copy may be older than a parameter.
  if (restore) return KeepDistributions(trial.params, record);
  const bool crashed = trial.state == TrialState::kFailed && trial.failure != FailureKind::kInfeasible;
  return crashed ? absl::OkStatus() : CheckWhole(*record);
}

absl::StatusOr<LiveTrial> StudyEngine::ImportedRecord(const ImportedTrial& trial, bool restore, int64_t now) const {
  LiveTrial resolved;
  storage::TrialRecord& record = resolved.record;
  if (absl::Status status = ResolveImported(trial, restore, &resolved); !status.ok()) return status;
  const size_t objectives = learner_->definition().directions.size();
  const bool valued = trial.state == TrialState::kComplete || (trial.state == TrialState::kPruned && !trial.values.empty());
  if (valued && trial.values.size() != objectives) {
    return error::BadField("trials.values",
                           absl::StrCat("has ", trial.values.size(), " values; the study has ", objectives, " objectives"));
  }
  SetEnd(trial, &record);
  auto intermediates = InOrder(trial.intermediates, now);
  if (!intermediates.ok()) return intermediates.status();
  record.intermediates = *std::move(intermediates);
  record.constraints = trial.constraints;
  record.metrics = trial.metrics;
  record.user_attrs = trial.user_attrs;
  record.system_attrs = trial.system_attrs;
  record.worker = trial.worker;
  SetTimes(trial, now, &record);
  record.attempt = trial.attempt;
  record.enqueued = trial.enqueued;
  record.imported = trial.imported;
  if (resolved.stored.fixed.empty()) resolved.stored.fixed = trial.fixed_params;
  record.sampler_draft = StoredDraftToJson(resolved.stored);
  return resolved;
}

// Ended trials are not live. Copies count as sampled when they came, so that what was suggested before is explained without them.
void StudyEngine::StageImported(LiveTrial trial, Batch* batch) {
  storage::TrialRecord& record = trial.record;
  record.definition_version = face_.definition_version;
  imported_ += record.imported ? 1 : 0;
  if (record.state != TrialState::kWaiting && !record.imported) record.sampled_at_revision = revision_ + 1;
  if (!trial.ended()) {
    index_.push_back({record.attempt, 0, 0, record.imported});
    ++unfinished_;
    StageState(record.number, record.state);
    record.revision = StageRevision(record.number, record.state, batch);
    batch->changes.emplace_back(storage::InsertTrial{record});
    live_.emplace(record.number, std::make_unique<LiveTrial>(std::move(trial)));
    return;
  }
  index_.push_back({record.attempt, 0, static_cast<uint8_t>(record.state), record.imported});
  record.revision = record.told_at_revision = StageRevision(record.number, record.state, batch);
  if (record.state == TrialState::kComplete && IsFeasible(record.constraints)) batch->effects.back().candidate = record.values;
  batch->changes.emplace_back(storage::InsertTrial{std::move(record)});
}

void StudyEngine::RunAddTrials(const AddTrialsCommand& command, Done<AddTrialsAnswer> done) {
  const int64_t first = learner_->size();
  const int64_t now = Now();
  std::vector<LiveTrial> trials;
  trials.reserve(command.trials.size());
  for (size_t i = 0; i < command.trials.size(); ++i) {
    absl::StatusOr<LiveTrial> trial = ImportedRecord(command.trials[i], command.restore, now);
    if (!trial.ok()) {
      const auto detail = error::GetErrorDetail(trial.status());
      const std::string message = absl::StrCat("trials[", i, "]: ", trial.status().message());
      return done(detail ? error::MakeError(trial.status().code(), message, *detail) : trial.status());
    }
    trial->record.number = trial->stored.draft.number = first + static_cast<int64_t>(i);
    trials.push_back(*std::move(trial));
  }
  const AddTrialsAnswer answer{first, static_cast<int32_t>(trials.size())};
  auto batch = std::make_shared<Batch>();
  batch->changes.reserve(trials.size() + 1);
  batch->done.push_back([answer, done](const absl::Status& committed) {
    if (!committed.ok()) return done(committed);
    done(answer);
  });
  std::vector<storage::TrialRecord> learned;
  learned.reserve(trials.size());
  for (const LiveTrial& trial : trials) learned.push_back(trial.record);

  std::unique_lock lock(mutex_);
  if (absl::Status status = Check(); !status.ok()) {
    lock.unlock();
    return done(status);
  }
  for (LiveTrial& trial : trials) StageImported(std::move(trial), batch.get());
  ResultWriter result;
  result.Int(answer.first_number).Int(answer.count);
  QueueAndRelease(std::move(lock), std::move(batch), command.request, result.Take(), first);

  for (const storage::TrialRecord& record : learned) LearnImported(record);
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
  if (record.state == TrialState::kWaiting) return learner_->AddRow(RowState::kWaiting, params, nullptr);
  if (record.state == TrialState::kRunning) return learner_->AddRow(RowState::kRunning, params, nullptr);
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
