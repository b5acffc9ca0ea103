// How a study comes into memory: taken for this server, then read row by row.

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "server/engine/study/learned_outcome.h"
#include "server/engine/study/study_engine.h"

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

}  // namespace

class EngineLoader : public storage::LoadVisitor {
 public:
  explicit EngineLoader(StudyEngine* engine) : engine_(*engine) {}

  absl::Status status() const { return status_; }

  void OnDistribution(int32_t index, std::string_view json) override {
    const auto distribution = engine_.distributions_.Find(json);
    if (!distribution.ok()) return Fail(distribution.status());
    if (index >= static_cast<int32_t>(distributions_.size())) distributions_.resize(index + 1);
    distributions_[index] = *distribution;
  }

  void OnTrial(const storage::TrialRow& row) override {
    if (!status_.ok()) return;
    if (row.number != engine_.Size()) {
      return Fail(absl::DataLossError("trial " + std::to_string(engine_.Size()) + " is missing"));
    }
    params_.clear();
    for (size_t i = 0; i < row.params.size(); ++i) {
      params_.push_back({row.params[i].first, distributions_[row.distributions[i]].get(), row.params[i].second});
    }
    IndexRow(row);
    Learn(row);
  }

  void OnUnfinished(storage::TrialRecord record) override {
    absl::StatusOr<StoredDraft> stored = StoredDraftFromJson(record.sampler_draft, record.number);
    if (!stored.ok()) return Fail(stored.status());
    if (IsPending(record.state, record.attempt) && !stored->draft.relative.empty()) {
      engine_.learner_->SetRelative(record.number, stored->draft.relative);
    }
    if (record.state == TrialState::kWaiting) (record.attempt == 0 ? engine_.waiting_ : engine_.retries_).insert(record.number);
    if (record.state == TrialState::kRunning) engine_.RenewLease(record);
    const int64_t number = record.number;
    engine_.live_.emplace(number, std::make_unique<LiveTrial>(std::move(record), *std::move(stored)));
    ++engine_.unfinished_;
  }

  void OnRequest(const RequestId& id, int64_t locator) override { engine_.requests_.Load(id, locator); }

  // The log, once all rows are there.
  void Finish() {
    for (const RevisionLog::Entry& entry : entries_) engine_.revision_ = std::max(engine_.revision_, entry.revision);
    engine_.log_.Load(std::move(entries_));
    engine_.committed_revision_ = engine_.revision_;
  }

 private:
  void Fail(const absl::Status& status) {
    if (status_.ok()) status_ = status;
  }

  void IndexRow(const storage::TrialRow& row) {
    const auto state = static_cast<uint8_t>(row.state);
    engine_.index_.push_back({row.attempt, state, state, row.imported});
    ++engine_.counts_[state];
    if (row.imported) {
      ++engine_.imported_;
      ++engine_.committed_imported_;
    }
    entries_.push_back({row.revision, row.number});
  }

  void Learn(const storage::TrialRow& row) {
    Learner& learner = *engine_.learner_;
    if (learner.definition().sampler.tpe.reproduce != Reproduce::kNone && !row.sampler_draft.empty()) {
      const absl::StatusOr<StoredDraft> stored = StoredDraftFromJson(row.sampler_draft, row.number);
      if (!stored.ok()) return Fail(stored.status());
      learner.AdvanceStreams(stored->draft.after);
    }
    if (row.state == TrialState::kWaiting || row.state == TrialState::kRunning) {
      return learner.AddRow(IsPending(row.state, row.attempt) ? RowState::kRunning : RowState::kWaiting, params_, nullptr);
    }
    const absl::StatusOr<NamedDoubles> constraints = ParseConstraints(row.constraints_json);
    if (!constraints.ok()) return Fail(constraints.status());
    values_.assign(row.values.begin(), row.values.end());
    const Outcome outcome = LearnedOutcome(row.state, row.failure, values_, *constraints, row.last ? &*row.last : nullptr);
    learner.AddRow(outcome.state, params_, &outcome);
    if (row.state == TrialState::kComplete && IsFeasible(*constraints)) engine_.candidates_.Add(row.number, values_);
  }

  StudyEngine& engine_;
  absl::Status status_;
  std::vector<std::shared_ptr<const Distribution>> distributions_;
  std::vector<RevisionLog::Entry> entries_;
  std::vector<LearnedParam> params_;
  std::vector<double> values_;
};

absl::StatusOr<std::shared_ptr<StudyEngine>> StudyEngine::Load(const Context& context, uint64_t uid,
                                                               std::shared_ptr<WatchHub> hub) {
  const absl::StatusOr<int64_t> epoch = context.storage->AcquireStudy(uid);
  if (!epoch.ok()) return epoch.status();
  absl::StatusOr<storage::StudyRecord> record = context.storage->GetStudyByUid(uid);
  if (!record.ok()) return record.status();
  absl::StatusOr<StudyDefinition> definition = DefinitionFromJson(record->definition);
  if (!definition.ok()) return definition.status();
  auto shared = std::make_shared<const StudyDefinition>(*std::move(definition));
  absl::StatusOr<std::unique_ptr<Learner>> learner = Learner::Create(shared);
  if (!learner.ok()) return learner.status();

  const std::shared_ptr<StudyEngine> engine(
      new StudyEngine(context, StudyIdentity{record->id, uid, record->name}, *epoch, std::move(hub)));
  {
    const std::lock_guard lock(engine->mutex_);
    engine->created_at_ = record->created_at;
    engine->revision_ = record->revision;
    engine->face_ =
        Face{record->state, shared, record->definition_version, record->user_attrs, record->system_attrs, record->revision};
    engine->committed_ = std::make_shared<const Face>(engine->face_);
    engine->candidates_ = Candidates(shared->directions);
    engine->learner_ = *std::move(learner);
    engine->SetDeclaredTexts();
    EngineLoader loader(engine.get());
    if (absl::Status status = context.storage->Load(uid, &loader); !status.ok()) return status;
    if (!loader.status().ok()) return loader.status();
    loader.Finish();
    engine->requests_.StartLocators(engine->Now());
    engine->learner_->RestoreState(record->sampler_state);
  }
  engine->NoteMemory();
  engine->hub_->Moved(engine->revision_);  // watchers of an engine before this one may be waiting
  return engine;
}

}  // namespace parzen::engine
