// UpdateStudy: pauses, resumes, finishes, grows the space, changes sampler, limits or attributes.

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/attributes.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {

absl::StatusOr<Face> StudyEngine::UpdatedFace(const UpdateStudyCommand& command, const Face& face) const {
  Face updated = face;
  StudyDefinition definition = *face.definition;
  if (command.space) {
    if (absl::Status status = SetSpace(*command.space, &definition); !status.ok()) return status;
    if (face.definition->space.empty() != definition.space.empty()) {
      return error::BadField("space", face.definition->space.empty() ? "is empty: a define-by-run study stays so"
                                                                     : "a declared space keeps its parameters");
    }
    const absl::Status growth = face.definition->space.CheckGrowth(definition.space);
    if (!growth.ok()) return error::AsBadField(growth, "space");
  }
  if (command.sampler) {
    const uint64_t seed = command.sampler_seed.value_or(definition.sampler.seed);
    definition.sampler = *command.sampler;
    definition.sampler.seed = seed;
    definition.sampler.algorithm_version = NewestAlgorithmVersion(definition.sampler.kind);
  }
  if (command.max_trials) definition.max_trials = *command.max_trials;
  if (command.max_retries) definition.max_retries = *command.max_retries;
  if (command.allow_repeats) definition.allow_repeats = *command.allow_repeats;
  if (command.metric_names) definition.metric_names = *command.metric_names;
  if (absl::Status status = ValidateDefinition(definition); !status.ok()) return status;
  const bool moves = definition.space != face.definition->space || definition.defaults != face.definition->defaults ||
                     definition.sampler != face.definition->sampler;
  if (moves) ++updated.definition_version;
  if (moves || !Difference(*face.definition, definition, true).empty()) {
    updated.definition = std::make_shared<const StudyDefinition>(std::move(definition));
  }
  absl::Status status = CheckAttributeCount("user_attrs", face.user_attrs, command.user_attrs);
  if (status.ok()) status = CheckAttributeCount("system_attrs", face.system_attrs, command.system_attrs);
  if (!status.ok()) return status;
  SetAttributes(command.user_attrs, &updated.user_attrs);
  SetAttributes(command.system_attrs, &updated.system_attrs);
  return updated;
}

// Under mutex_: what depends on the trials that there are.
absl::Status StudyEngine::CheckState(const UpdateStudyCommand& command, Face* face) const {
  if (command.if_revision && *command.if_revision != revision_) {
    return error::MakeError(absl::StatusCode::kFailedPrecondition,
                            absl::StrCat("if_revision: is ", *command.if_revision, ", but the study's revision is ", revision_),
                            {"REVISION_MOVED", {{"revision", absl::StrCat(revision_)}}});
  }
  face->state = face_.state;  // a Tell may have finished the study
  const int64_t trials = Size() - imported_;
  const std::optional<int64_t>& max_trials = face->definition->max_trials;
  const auto all_ended = [&](const std::optional<int64_t>& bound) { return bound && trials >= *bound && unfinished_ == 0; };
  if (command.max_trials && max_trials && *max_trials < trials) {
    return error::BadField("max_trials",
                           absl::StrCat("is ", *max_trials, "; the study has ", trials, " trials: as many or more are accepted"));
  }
  if (command.state) {
    if (face->state == StudyState::kFinished && *command.state != StudyState::kFinished && all_ended(max_trials)) {
      return error::Precondition("STUDY_FINISHED", absl::StrCat("all ", *max_trials, " trials of study \"", identity_.name,
                                                                "\" have ended (max_trials); raise max_trials to go on"));
    }
    face->state = *command.state;
  } else if (face->state == StudyState::kFinished && all_ended(face_.definition->max_trials) && !all_ended(max_trials)) {
    face->state = StudyState::kActive;  // max_trials had finished it
  }
  return absl::OkStatus();
}

void StudyEngine::RunUpdateStudy(const UpdateStudyCommand& command, Done<Study> done) {
  Face before;
  std::vector<Ended> deltas;
  absl::Status status;
  {
    const std::lock_guard lock(mutex_);
    status = Check();
    before = face_;
    deltas.swap(deltas_);
  }
  if (!status.ok()) return done(status);
  Drain(deltas);
  absl::StatusOr<Face> updated = UpdatedFace(command, before);
  if (!updated.ok()) return done(updated.status());
  const bool redefined = updated->definition != before.definition;
  storage::UpdateStudy update;
  if (redefined) update.definition = DefinitionToJson(*updated->definition);
  if (updated->definition_version != before.definition_version) update.definition_version = updated->definition_version;
  if (redefined) update.sampler_state = "";  // the sampler starts anew
  update.user_attrs = AttributeChanges(command.user_attrs);
  update.system_attrs = AttributeChanges(command.system_attrs);

  auto batch = std::make_shared<Batch>();
  const auto answer = std::make_shared<Study>();
  batch->done.push_back([answer, done](const absl::Status& committed) {
    if (!committed.ok()) return done(committed);
    done(*answer);
  });
  std::unique_lock lock(mutex_);
  status = Check();
  if (status.ok()) status = CheckState(command, &*updated);
  if (!status.ok()) {
    lock.unlock();
    return done(status);
  }
  if (updated->state != face_.state) update.state = updated->state;
  StageFace(*std::move(updated), std::move(update), batch.get());
  if (face_.state != StudyState::kFinished && command.max_trials) FinishIfAllEnded(batch.get());
  *answer = MakeStudy(face_, StagedCounts(), revision_);
  std::vector<std::vector<std::pair<std::string, double>>> waiting;
  for (const int64_t number : waiting_) {
    std::vector<std::pair<std::string, double>>& fixed = waiting.emplace_back();
    for (const storage::ParamRecord& param : live_.at(number)->record.params) fixed.emplace_back(param.name, param.value);
  }
  const std::shared_ptr<const StudyDefinition> definition = face_.definition;
  QueueAndRelease(std::move(lock), std::move(batch), command.request, command.request.id ? Remember(*answer) : "", -1);
  if (redefined) {
    // It was validated: it cannot be refused.
    Redefine(definition, waiting).IgnoreError();
  }
}

absl::Status StudyEngine::Redefine(const std::shared_ptr<const StudyDefinition>& definition,
                                   const std::vector<std::vector<std::pair<std::string, double>>>& waiting) {
  if (absl::Status status = learner_->Redefine(definition, waiting); !status.ok()) return status;
  SetDeclaredTexts();
  return absl::OkStatus();
}

void StudyEngine::SetDeclaredTexts() {
  declared_texts_.clear();
  for (const Parameter& parameter : learner_->definition().space.parameters()) {
    declared_texts_.push_back(DistributionToJson(parameter.distribution));
  }
}

std::string StudyEngine::Remember(const Study& study) const {
  ResultWriter writer;
  writer.Int(static_cast<int64_t>(study.state)).Int(study.revision).Int(study.definition_version);
  const TrialCounts& counts = study.counts;
  for (const int64_t count : {counts.waiting, counts.running, counts.complete, counts.pruned, counts.failed, counts.imported}) {
    writer.Int(count);
  }
  writer.Text(DefinitionToJson(*study.definition));
  for (const Attributes* attributes : {&study.user_attrs, &study.system_attrs}) {
    writer.Int(static_cast<int64_t>(attributes->size()));
    for (const auto& [key, json] : *attributes) writer.Text(key).Text(json);
  }
  return writer.Take();
}

absl::StatusOr<Study> StudyEngine::RecallUpdateStudy(const UpdateStudyCommand&, std::string_view result) {
  ResultReader reader(result);
  Face face;
  face.state = static_cast<StudyState>(reader.Int());
  const int64_t revision = reader.Int();
  face.definition_version = static_cast<int32_t>(reader.Int());
  TrialCounts counts;
  for (int64_t* count : {&counts.waiting, &counts.running, &counts.complete, &counts.pruned, &counts.failed, &counts.imported}) {
    *count = reader.Int();
  }
  absl::StatusOr<StudyDefinition> definition = DefinitionFromJson(reader.Text());
  if (!definition.ok()) return definition.status();
  face.definition = std::make_shared<const StudyDefinition>(*std::move(definition));
  for (Attributes* attributes : {&face.user_attrs, &face.system_attrs}) {
    for (int64_t left = reader.Int(); left > 0 && reader.ok(); --left) {
      std::string key = reader.Text();
      attributes->emplace_back(std::move(key), reader.Text());
    }
  }
  if (!reader.ok()) return absl::DataLossError("the kept answer of an UpdateStudy cannot be read");
  return MakeStudy(face, counts, revision);
}

}  // namespace parzen::engine
