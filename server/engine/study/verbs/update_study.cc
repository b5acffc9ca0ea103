// UpdateStudy: pauses, resumes, finishes, grows the space, changes sampler, limits or attributes.

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/attributes.h"
#include "server/engine/study/once.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine::verbs {
namespace {

// The fixed parameters of each WAITING trial that was never handed out, by number.
using FixedParams = std::vector<std::vector<std::pair<std::string, double>>>;

absl::StatusOr<Face> UpdatedFace(const UpdateStudyCommand& command, const Face& face) {
  Face updated = face;
  StudyDefinition definition = *face.definition;
  if (command.space) {
    PARZEN_RETURN_IF_ERROR(SetSpace(*command.space, &definition));
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
  if (command.max_duration) definition.max_duration = *command.max_duration;
  if (command.target) definition.target = *command.target;
  if (command.patience) definition.patience = *command.patience;
  if (command.max_retries) definition.max_retries = *command.max_retries;
  if (command.allow_repeats) definition.allow_repeats = *command.allow_repeats;
  if (command.metric_names) definition.metric_names = *command.metric_names;
  PARZEN_RETURN_IF_ERROR(ValidateDefinition(definition));
  const bool moves = definition.space != face.definition->space || definition.defaults != face.definition->defaults ||
                     definition.sampler != face.definition->sampler;
  if (moves) ++updated.definition_version;
  if (moves || !Difference(*face.definition, definition, true).empty()) {
    updated.definition = std::make_shared<const StudyDefinition>(std::move(definition));
  }
  if (!command.python_attrs) {
    PARZEN_RETURN_IF_ERROR(CheckAttributeCount("user_attrs", face.user_attrs, command.user_attrs));
    PARZEN_RETURN_IF_ERROR(CheckAttributeCount("system_attrs", face.system_attrs, command.system_attrs));
  }
  SetAttributes(command.user_attrs, &updated.user_attrs);
  SetAttributes(command.system_attrs, &updated.system_attrs);
  return updated;
}

// Whether a limit has finished the study, which an earlier version did not write down.
bool ByLimit(const StagedStudy& staged, int64_t now) {
  const std::string reason = FinishReasonOf(staged.face().system_attrs);
  return reason.empty() ? !staged.FinishReason(*staged.face().definition, now).empty() : reason != kFinishedByCall;
}

// What to change for a study that a limit has finished to go on.
std::string HowToGoOn(std::string_view reason) {
  if (reason == "max_trials") return "all its trials have ended (max_trials); raise max_trials to go on";
  if (reason == "max_duration") return "its time is over (max_duration); raise max_duration to go on";
  if (reason == "target") return "its target has been reached (target); set another to go on";
  return "nothing better came for too long (patience); raise patience to go on";
}

// Under the mutex: what depends on the trials that there are. Sets the face's state and, with it, its finish reason.
absl::Status CheckState(const StagedStudy& staged, const UpdateStudyCommand& command, int64_t now, Face* face) {
  if (command.if_revision && *command.if_revision != staged.revision()) {
    return error::MakeError(
        absl::StatusCode::kFailedPrecondition,
        absl::StrCat("if_revision: is ", *command.if_revision, ", but the study's revision is ", staged.revision()),
        {"REVISION_MOVED", {{"revision", absl::StrCat(staged.revision())}}});
  }
  face->state = staged.face().state;  // a Tell may have finished the study
  const int64_t trials = staged.trials().size() - staged.trials().imported();
  const std::optional<int64_t>& max_trials = face->definition->max_trials;
  if (command.max_trials && max_trials && *max_trials < trials) {
    return error::BadField("max_trials",
                           absl::StrCat("is ", *max_trials, "; the study has ", trials, " trials: as many or more are accepted"));
  }
  const std::string_view reason = staged.FinishReason(*face->definition, now);
  const std::string was = FinishReasonOf(staged.face().system_attrs);
  std::string is = was;
  if (command.state) {
    const bool finishes = *command.state == StudyState::kFinished;
    if (face->state == StudyState::kFinished && !finishes && !reason.empty()) {
      return error::Precondition("STUDY_FINISHED", absl::StrCat("study \"", staged.name(), "\": ", HowToGoOn(reason)));
    }
    // Also where a limit had finished it that no longer does.
    if (finishes && (face->state != StudyState::kFinished || reason.empty())) is = kFinishedByCall;
    if (!finishes) is.clear();
    face->state = *command.state;
  } else if (face->state == StudyState::kFinished && reason.empty() && ByLimit(staged, now)) {
    face->state = StudyState::kActive;  // the limit had finished it
    is.clear();
  }
  SetAttributes({{kFinishReasonKey, is.empty() ? "" : '"' + is + '"'}}, &face->system_attrs);
  return absl::OkStatus();
}

// What changes of the study's row between two faces.
storage::UpdateStudy DifferenceOf(const Face& before, const Face& after, const UpdateStudyCommand& command) {
  storage::UpdateStudy update;
  if (after.definition != before.definition) {
    update.definition = DefinitionToJson(*after.definition);
    update.sampler_state = "";  // the sampler starts anew
  }
  if (after.definition_version != before.definition_version) update.definition_version = after.definition_version;
  update.user_attrs = AttributeChanges(command.user_attrs);
  update.system_attrs = AttributeChanges(command.system_attrs);
  return update;
}

FixedParams FixedOf(StagedStudy* staged) {
  FixedParams waiting;
  for (const int64_t number : staged->trials().waiting()) {
    auto& fixed = waiting.emplace_back();
    for (const storage::ParamRecord& param : staged->Find(number)->record.params) fixed.emplace_back(param.name, param.value);
  }
  return waiting;
}

// What RecallUpdateStudy reads.
std::string Remember(const Study& study) {
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

absl::StatusOr<Study> RecallUpdateStudy(const StudyPtr& study, const UpdateStudyCommand&, std::string_view result) {
  ResultReader reader(result);
  Face face;
  face.state = static_cast<StudyState>(reader.Int());
  const int64_t revision = reader.Int();
  face.definition_version = static_cast<int32_t>(reader.Int());
  TrialCounts counts;
  for (int64_t* count : {&counts.waiting, &counts.running, &counts.complete, &counts.pruned, &counts.failed, &counts.imported}) {
    *count = reader.Int();
  }
  PARZEN_ASSIGN_OR_RETURN(StudyDefinition definition, DefinitionFromJson(reader.Text()));
  face.definition = std::make_shared<const StudyDefinition>(std::move(definition));
  for (Attributes* attributes : {&face.user_attrs, &face.system_attrs}) {
    for (int64_t left = reader.Int(); left > 0 && reader.ok(); --left) {
      std::string key = reader.Text();
      attributes->emplace_back(std::move(key), reader.Text());
    }
  }
  if (!reader.ok()) return absl::DataLossError("the kept answer of an UpdateStudy cannot be read");
  return MakeStudy(study->identity(), face, counts, revision);
}

// `updated`: the face that is wanted, made of the one before; gets its state here.
absl::Status StageUpdate(const StudyPtr& study, const UpdateStudyCommand& command, const Face& before, Face updated,
                         const Done<Study>& done, FixedParams* waiting, Answers* now) {
  storage::UpdateStudy update = DifferenceOf(before, updated, command);
  const auto batch = std::make_shared<Batch>();
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  PARZEN_RETURN_IF_ERROR(CheckState(staged, command, study->Now(), &updated));
  if (updated.state != staged.face().state) update.state = updated.state;
  if (const std::string reason = FinishReasonOf(updated.system_attrs); reason != FinishReasonOf(staged.face().system_attrs)) {
    update.system_attrs.emplace_back(kFinishReasonKey, reason.empty() ? std::nullopt : std::optional('"' + reason + '"'));
  }
  staged.SetFace(std::move(updated), std::move(update), batch.get());
  if (command.max_trials || command.max_duration || command.target || command.patience) {
    staged.FinishIfDue(study->Now(), batch.get());
  }
  Study answer = MakeStudy(study->identity(), staged.face(), staged.trials().Counts(), staged.revision());
  *waiting = FixedOf(&staged);
  std::string result = command.request.id ? Remember(answer) : "";
  batch->done.push_back(AnswerWith(std::move(answer), done));
  *now = study->Queue(batch, command.request, std::move(result), -1);
  return absl::OkStatus();
}

// The face as it is staged, and what the learner has to learn before it is changed.
absl::Status ReadFace(const StudyPtr& study, Face* face, std::vector<Ended>* ended) {
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  *face = study->rooms().staged.face();
  *ended = study->rooms().staged.TakeEnded();
  return absl::OkStatus();
}

void RunUpdateStudy(const StudyPtr& study, const UpdateStudyCommand& command, Done<Study> done) {
  Face before;
  std::vector<Ended> ended;
  if (absl::Status status = ReadFace(study, &before, &ended); !status.ok()) return done(status);
  study->learner().Learn(ended);
  const absl::StatusOr<Face> updated = UpdatedFace(command, before);
  if (!updated.ok()) return done(updated.status());
  FixedParams waiting;
  Answers now;
  absl::Status status = StageUpdate(study, command, before, *updated, done, &waiting, &now);
  if (!status.ok()) return done(status);
  AnswerNow(now);
  if (updated->definition == before.definition) return;
  // It was validated: it cannot be refused.
  study->learner().Redefine(updated->definition, waiting).IgnoreError();
}

}  // namespace

void UpdateStudy(const StudyPtr& study, UpdateStudyCommand command, Done<Study> done) {
  Once<UpdateStudyCommand, Study>(study, std::move(command), std::move(done), OnStrand<UpdateStudyCommand, Study, RunUpdateStudy>,
                                  RecallUpdateStudy);
}

}  // namespace parzen::engine::verbs
