// AddTrials: finished trials from elsewhere, or copies of another study's, thousands a call. They are checked and built before
// the mutex is taken.

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/study/given_params.h"
#include "server/engine/study/learned_outcome.h"
#include "server/engine/study/once.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/sampling.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/engine/validation.h"
#include "server/error/error.h"

namespace parzen::engine::verbs {
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

void SetImportedEnd(const ImportedTrial& trial, storage::TrialRecord* record) {
  record->state = trial.state;
  record->failure = trial.state != TrialState::kFailed    ? FailureKind::kNone
                    : trial.failure == FailureKind::kNone ? FailureKind::kCrashed
                                                          : trial.failure;
  record->reason = trial.reason;
  if (trial.state != TrialState::kFailed) record->values = trial.values;
  if (trial.state == TrialState::kComplete &&
      std::any_of(trial.values.begin(), trial.values.end(), [](double v) { return std::isnan(v); })) {
    record->state = TrialState::kFailed;
    record->failure = FailureKind::kInfeasible;
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

// Define-by-run: each parameter with its distribution. What a waiting trial was given needs none before it is suggested.
absl::Status ResolveByRun(const Learner& learner, const ImportedTrial& trial, LiveTrial* resolved) {
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
    if (absl::Status status = ValidateDistribution(param.name, *param.distribution); !status.ok()) {
      return error::AsBadField(status, "trials.params.distribution");
    }
    PARZEN_RETURN_IF_ERROR(CheckColumn(learner, "trials.params.distribution", param.name, *param.distribution));
    const absl::StatusOr<double> value = ToInternal(param.name, *param.distribution, param.value);
    if (!value.ok()) return error::AsBadField(value.status(), "trials.params");
    record->params.push_back(MakeParam(param.name, *param.distribution, DistributionToJson(*param.distribution), *value));
  }
  return absl::OkStatus();
}

// A declared space: the distributions that the copies were suggested from, which the declared ones have grown from.
absl::Status KeepDistributions(const Learner& learner, const std::vector<GivenParam>& given, storage::TrialRecord* record) {
  const SearchSpace& space = learner.definition().space;
  for (const GivenParam& param : given) {
    const Distribution& declared = space[*space.Find(param.name)].distribution;
    if (!param.distribution || *param.distribution == declared) continue;
    const auto before = SearchSpace::Create({{param.name, *param.distribution, std::nullopt}});
    if (!before.ok()) return error::AsBadField(before.status(), "trials.params.distribution");
    PARZEN_ASSIGN_OR_RETURN(const SearchSpace now, SearchSpace::Create({{param.name, declared, std::nullopt}}));
    if (absl::Status status = before->CheckGrowth(now); !status.ok())
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
absl::Status CheckWhole(const Learner& learner, const storage::TrialRecord& record) {
  const StudyDefinition& definition = learner.definition();
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

absl::Status ResolveImported(const StudyPtr& study, const ImportedTrial& trial, bool restore, LiveTrial* resolved) {
  const Learner& learner = study->learner();
  if (learner.definition().space.empty()) return ResolveByRun(learner, trial, resolved);
  storage::TrialRecord* record = &resolved->record;
  PARZEN_RETURN_IF_ERROR(ResolveDeclared(learner, study->identity().name, "trials.params", trial.params, record));
  // A copy may be older than a parameter.
  if (restore) return KeepDistributions(learner, trial.params, record);
  const bool crashed = trial.state == TrialState::kFailed && trial.failure != FailureKind::kInfeasible;
  return crashed ? absl::OkStatus() : CheckWhole(learner, *record);
}

absl::StatusOr<LiveTrial> ImportedRecord(const StudyPtr& study, const ImportedTrial& trial, bool restore, int64_t now) {
  LiveTrial resolved;
  storage::TrialRecord& record = resolved.record;
  PARZEN_RETURN_IF_ERROR(ResolveImported(study, trial, restore, &resolved));
  const size_t objectives = study->learner().definition().directions.size();
  const bool valued = trial.state == TrialState::kComplete || (trial.state == TrialState::kPruned && !trial.values.empty());
  if (valued && trial.values.size() != objectives) {
    return error::BadField("trials.values",
                           absl::StrCat("has ", trial.values.size(), " values; the study has ", objectives, " objectives"));
  }
  PARZEN_RETURN_IF_ERROR(CheckReportedValues(trial.intermediates.size(), objectives));
  for (const storage::Intermediate& value : trial.intermediates) {
    if (value.more.empty() || value.more.size() + 1 == objectives) continue;
    return error::BadField("trials.intermediate_values", absl::StrCat("step ", value.step, " has ", value.more.size() + 1,
                                                                      " values; the study has ", objectives, " objectives"));
  }
  SetImportedEnd(trial, &record);
  PARZEN_ASSIGN_OR_RETURN(record.intermediates, InOrder(trial.intermediates, now));
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

// `trials[i]: ` before the message.
absl::Status OfTrial(size_t i, const absl::Status& status) {
  const auto detail = error::GetErrorDetail(status);
  if (!detail) return status;
  return error::MakeError(status.code(), absl::StrCat("trials[", i, "]: ", status.message()), *detail);
}

absl::StatusOr<std::vector<LiveTrial>> ImportedRecords(const StudyPtr& study, const AddTrialsCommand& command) {
  const int64_t now = study->Now();
  std::vector<LiveTrial> trials;
  trials.reserve(command.trials.size());
  for (size_t i = 0; i < command.trials.size(); ++i) {
    absl::StatusOr<LiveTrial> trial = ImportedRecord(study, command.trials[i], command.restore, now);
    if (!trial.ok()) return OfTrial(i, trial.status());
    trial->record.number = trial->stored.draft.number = study->learner().history().size() + static_cast<int64_t>(i);
    trials.push_back(*std::move(trial));
  }
  return trials;
}

// Copies count as sampled when they came, so that what was suggested before is explained without them.
absl::Status StageImported(const StudyPtr& study, const RequestKey& key, std::vector<LiveTrial> trials,
                           const AddTrialsAnswer& answer, const Done<AddTrialsAnswer>& done, std::vector<Ended>* ended,
                           Answers* now) {
  const auto batch = std::make_shared<Batch>();
  batch->changes.reserve(trials.size() + 1);
  batch->done.push_back(AnswerWith(answer, done));
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  *ended = staged.TakeEnded();
  for (LiveTrial& trial : trials) {
    storage::TrialRecord& record = trial.record;
    record.definition_version = staged.face().definition_version;
    if (record.state != TrialState::kWaiting && !record.imported) record.sampled_at_revision = staged.revision() + 1;
    staged.Insert(std::move(trial), batch.get());
  }
  ResultWriter result;
  result.Int(answer.first_number).Int(answer.count);
  *now = study->Queue(batch, key, result.Take(), answer.first_number);
  return absl::OkStatus();
}

void LearnImported(const StudyPtr& study, const storage::TrialRecord& record) {
  Learner& learner = study->learner();
  std::vector<std::shared_ptr<const Distribution>> distributions;
  std::vector<LearnedParam> params;
  for (const storage::ParamRecord& param : record.params) {
    const auto distribution = study->distributions()->Find(param.distribution);
    if (!distribution.ok()) continue;  // it was written by us just now
    distributions.push_back(*distribution);
    params.push_back({param.name, distributions.back().get(), param.value});
  }
  if (record.state == TrialState::kWaiting) return learner.AddRow(RowState::kWaiting, params, nullptr);
  if (record.state == TrialState::kRunning) return learner.AddRow(RowState::kRunning, params, nullptr);
  const storage::Intermediate* last = record.intermediates.empty() ? nullptr : &record.intermediates.back();
  const Outcome outcome = LearnedOutcome(record.state, record.failure, record.values, record.constraints, last);
  learner.AddRow(outcome.state, params, &outcome);
}

void RunAddTrials(const StudyPtr& study, const AddTrialsCommand& command, Done<AddTrialsAnswer> done) {
  const absl::StatusOr<std::vector<LiveTrial>> trials = ImportedRecords(study, command);
  if (!trials.ok()) return done(trials.status());
  const AddTrialsAnswer answer{study->learner().history().size(), static_cast<int32_t>(trials->size())};
  std::vector<Ended> ended;
  Answers now;
  absl::Status status = StageImported(study, command.request, *trials, answer, done, &ended, &now);
  if (!status.ok()) return done(status);
  AnswerNow(now);
  study->learner().Learn(ended);  // first: they ended before
  for (const LiveTrial& trial : *trials) LearnImported(study, trial.record);
  study->NoteMemory();
}

absl::StatusOr<AddTrialsAnswer> RecallAddTrials(const StudyPtr&, const AddTrialsCommand&, std::string_view result) {
  ResultReader reader(result);
  AddTrialsAnswer answer;
  answer.first_number = reader.Int();
  answer.count = static_cast<int32_t>(reader.Int());
  if (!reader.ok()) return absl::DataLossError("the kept answer of an AddTrials cannot be read");
  return answer;
}

}  // namespace

void AddTrials(const StudyPtr& study, AddTrialsCommand command, Done<AddTrialsAnswer> done) {
  Once<AddTrialsCommand, AddTrialsAnswer>(study, std::move(command), std::move(done),
                                          OnStrand<AddTrialsCommand, AddTrialsAnswer, RunAddTrials>, RecallAddTrials);
}

}  // namespace parzen::engine::verbs
