#include "server/engine/study/load.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "base/status_macros.h"
#include "sampler/make_sampler.h"
#include "server/engine/study/learned_outcome.h"
#include "server/engine/study/lived_order.h"
#include "server/engine/study/relative_params.h"

namespace parzen::engine {
namespace {

// {"name": number | "NaN..." | "Infinity" | "-Infinity"}, as storage writes it.
absl::StatusOr<NamedDoubles> ParseConstraints(std::string_view text) {
  NamedDoubles constraints;
  if (text.empty()) return constraints;
  try {
    const auto json = nlohmann::ordered_json::parse(text.begin(), text.end());
    for (const auto& [name, value] : json.items()) {
      if (value.is_number()) {
        constraints.emplace_back(name, value.get<double>());
      } else {
        const std::string& word = value.get_ref<const std::string&>();
        const double infinity = std::numeric_limits<double>::infinity();
        constraints.emplace_back(name, word == "Infinity"    ? infinity
                                       : word == "-Infinity" ? -infinity
                                                             : std::numeric_limits<double>::quiet_NaN());
      }
    }
  } catch (const std::exception& error) {
    return absl::DataLossError(std::string("stored constraints cannot be read: ") + error.what());
  }
  return constraints;
}

// Running, or taken back and to be run again.
bool IsPending(TrialState state, int32_t attempt) {
  return state == TrialState::kRunning || (state == TrialState::kWaiting && attempt > 0);
}

// Reads a study's rows into its rooms.
class StudyLoader : public storage::LoadVisitor {
 public:
  StudyLoader(const EngineContext& context, LoadedStudy* study)
      : context_(context), study_(*study), pruner_(study->rooms.staged.pruner(), &study->learner->history(), &lived_) {}

  // Once all rows have been told: what follows from all of them, and whatever went wrong.
  absl::Status Finish() {
    if (!status_.ok()) return status_;
    lived_.Tell(study_.learner.get());
    pruner_.Finish();
    TellFinishRules();
    int64_t revision = study_.rooms.staged.revision();
    for (const RevisionLog::Entry& entry : entries_) revision = std::max(revision, entry.revision);
    study_.rooms.durable.LoadRevisions(std::move(entries_), revision);
    study_.rooms.staged.LoadRevision(revision);
    return absl::OkStatus();
  }

  void OnDistribution(int32_t index, std::string_view json) override {
    const auto distribution = study_.distributions->Find(json);
    if (!distribution.ok()) return Fail(distribution.status());
    if (index >= static_cast<int32_t>(distributions_.size())) distributions_.resize(index + 1);
    distributions_[index] = *distribution;
  }

  void OnTrial(const storage::TrialRow& row) override {
    if (!status_.ok()) return;
    const int64_t next = study_.rooms.durable.size();
    if (row.number != next) return Fail(absl::DataLossError("trial " + std::to_string(next) + " is missing"));
    entries_.push_back({row.revision, row.number});
    if (row.started_at > 0 && !row.imported) study_.rooms.staged.finish_rules()->OnAsked(row.started_at);
    if (absl::Status status = Load(row); !status.ok()) Fail(status);
  }

  void OnUnfinished(storage::TrialRecord record) override {
    absl::StatusOr<StoredDraft> stored = StoredDraftFromJson(record.sampler_draft, record.number);
    if (!stored.ok()) return Fail(stored.status());
    if (IsPending(record.state, record.attempt)) {
      std::vector<NamedValue> relative = stored->draft.relative;
      if (relative.empty()) relative = ReadRelativeParams(record.system_attrs, study_.learner->history());
      if (!relative.empty()) study_.learner->SetRelative(record.number, std::move(relative));
    }
    StagedStudy& staged = study_.rooms.staged;
    if (record.state == TrialState::kRunning && record.lease_micros > 0) {
      staged.SetLease(record.number, context_.monotonic_micros() + record.lease_micros);
    }
    staged.LoadUnfinished({std::move(record), *std::move(stored)});
  }

  Wants wants() const override { return pruner_.wants(); }
  void OnSystemAttr(int64_t number, std::string_view json) override { pruner_.OnRungs(number, json); }
  void OnIntermediate(int64_t number, const storage::Intermediate& value) override { pruner_.OnReport(number, value); }

  void OnRequest(const RequestId& id, int64_t locator) override { study_.rooms.requests.Load(id, locator); }

 private:
  // The rules by which the study ends go by the order of telling.
  void TellFinishRules() {
    StagedStudy& staged = study_.rooms.staged;
    const History& history = study_.learner->history();
    for (const int32_t row : history.finished()) {
      if (history.state(row) != RowState::kComplete) continue;
      staged.finish_rules()->OnComplete(history.values(row), history.IsFeasible(row), staged.trials().is_imported(row));
    }
  }

  void Fail(const absl::Status& status) {
    if (status_.ok()) status_ = status;
  }

  absl::Status Load(const storage::TrialRow& row) {
    PARZEN_ASSIGN_OR_RETURN(const NamedDoubles constraints, ParseConstraints(row.constraints_json));
    PARZEN_RETURN_IF_ERROR(Learn(row, constraints));
    lived_.Add(row.sampled_at_revision, row.state >= TrialState::kComplete ? row.told_at_revision : 0);
    const bool may_be_best = row.state == TrialState::kComplete && IsFeasible(constraints);
    study_.rooms.staged.LoadRow(row.attempt, row.state, row.imported);
    study_.rooms.durable.LoadRow(row.state, row.imported, may_be_best ? row.values : std::span<const double>());
    return absl::OkStatus();
  }

  absl::Status Learn(const storage::TrialRow& row, const NamedDoubles& constraints) {
    Learner& learner = *study_.learner;
    if (HasSerialStreams(learner.definition().sampler) && !row.sampler_draft.empty()) {
      PARZEN_ASSIGN_OR_RETURN(const StoredDraft stored, StoredDraftFromJson(row.sampler_draft, row.number));
      learner.AdvanceStreams(stored.draft.after);
    }
    params_.clear();
    for (size_t i = 0; i < row.params.size(); ++i) {
      params_.push_back({row.params[i].first, distributions_[row.distributions[i]].get(), row.params[i].second});
    }
    if (row.state == TrialState::kWaiting || row.state == TrialState::kRunning) {
      learner.AddRow(IsPending(row.state, row.attempt) ? RowState::kRunning : RowState::kWaiting, params_, nullptr);
      return absl::OkStatus();
    }
    values_.assign(row.values.begin(), row.values.end());
    const Outcome outcome = LearnedOutcome(row.state, row.failure, values_, constraints, row.last ? &*row.last : nullptr);
    learner.AddRow(outcome.state, params_, &outcome);
    return absl::OkStatus();
  }

  const EngineContext& context_;
  LoadedStudy& study_;
  absl::Status status_;
  std::vector<std::shared_ptr<const Distribution>> distributions_;
  std::vector<RevisionLog::Entry> entries_;
  LivedOrder lived_;
  PrunerLoader pruner_;
  std::vector<LearnedParam> params_;
  std::vector<double> values_;
};

// What the pruner estimated for the whole study.
void LoadResource(const storage::StudyRecord& record, StudyPruner* pruner) {
  for (const auto& [key, json] : record.system_attrs) {
    int64_t resource = 0;
    const bool kept = pruner->prunes() && key == kResourceKey && absl::SimpleAtoi(json, &resource);
    if (kept && resource >= 1) pruner->LoadResource(resource);
  }
}

}  // namespace

absl::StatusOr<StudyPtr> LoadStudy(const EngineContext& context, uint64_t uid, std::shared_ptr<WatchHub> hub) {
  PARZEN_ASSIGN_OR_RETURN(const int64_t epoch, context.storage->AcquireStudy(uid));
  PARZEN_ASSIGN_OR_RETURN(const storage::StudyRecord record, context.storage->GetStudyByUid(uid));
  PARZEN_ASSIGN_OR_RETURN(StudyDefinition read, DefinitionFromJson(record.definition));
  const auto definition = std::make_shared<const StudyDefinition>(std::move(read));
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Learner> learner, Learner::Create(definition));
  const Face face{record.state, definition, record.definition_version, record.user_attrs, record.system_attrs, record.revision};
  LoadedStudy study{{record.id, uid, record.name, record.created_at},
                    epoch,
                    {StagedStudy(record.name, face, record.revision), DurableStudy(std::make_shared<const Face>(face)), {}},
                    std::move(learner),
                    std::make_unique<DistributionTable>()};
  LoadResource(record, study.rooms.staged.pruner());
  StudyLoader loader(context, &study);
  PARZEN_RETURN_IF_ERROR(context.storage->Load(uid, &loader));
  PARZEN_RETURN_IF_ERROR(loader.Finish());
  study.rooms.requests.StartLocators(context.wall_micros());
  study.learner->RestoreState(record.sampler_state);
  return std::make_shared<StudyEngine>(context, std::move(hub), std::move(study));
}

}  // namespace parzen::engine
