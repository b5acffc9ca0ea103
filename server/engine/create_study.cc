#include "server/engine/create_study.h"

#include <sys/random.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/study/finish_rules.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/engine/warm_start.h"
#include "server/error/error.h"

namespace parzen::engine {
namespace {

// From the operating system; never 0.
uint64_t RandomUid() {
  uint64_t uid = 0;
  while (uid == 0) {
    if (getentropy(&uid, sizeof(uid)) != 0) uid = 0;
  }
  return uid;
}

// How a kept result says what the study was: made by the request, or there before it.
enum : int64_t { kMade = 1, kFound = 2 };

}  // namespace

Study StudyOf(const storage::StudyRecord& record, std::shared_ptr<const StudyDefinition> definition) {
  Study study;
  study.name = record.name;
  study.uid = record.uid;
  study.id = record.id;
  study.state = record.state;
  study.definition = std::move(definition);
  study.user_attrs = record.user_attrs;
  study.system_attrs = record.system_attrs;
  study.created_at = record.created_at;
  study.revision = record.revision;
  study.definition_version = record.definition_version;
  if (study.state == StudyState::kFinished) study.finish_reason = FinishReasonOf(study.system_attrs);
  return study;
}

void StudyCreator::Create(CreateStudyCommand command, Done<Study> done) {
  const RequestKey key = command.request;
  const auto shared = std::make_shared<const CreateStudyCommand>(std::move(command));
  requests_->Once<Study>(
      key, std::move(done), [this, shared](Done<Study> answer) { Run(*shared, std::move(answer)); },
      [this, shared](const std::string& result, Done<Study> answer) { Recall(*shared, result, std::move(answer)); });
}

absl::Status StudyCreator::TakePlace() {
  const MutexLock lock(&places_mutex_);
  const absl::StatusOr<int64_t> count = storage_->CountStudies();
  if (!count.ok()) return error::FromStorage(count.status());
  if (*count + places_taken_ >= max_studies_) {
    return error::OverLimit("LIMIT_STUDIES", absl::StrCat("the number of studies is ", *count, "; this server accepts at most ",
                                                          max_studies_, ": delete some, or raise its limit 'studies'"));
  }
  ++places_taken_;
  return absl::OkStatus();
}

void StudyCreator::GivePlaceBack() {
  const MutexLock lock(&places_mutex_);
  --places_taken_;
}

void StudyCreator::Run(const CreateStudyCommand& command, Done<Study> done) {
  if (!command.may_make.ok()) return FindExisting(command, std::move(done));
  std::shared_ptr<const WarmStart> warm_start = command.definition.warm_start;
  if (!command.warm_start_from.empty()) {
    // One that is there has learned when it was made: what it learned from may be gone.
    if (storage_->GetStudy(command.name).ok()) return FindExisting(command, std::move(done));
    absl::StatusOr<std::shared_ptr<const WarmStart>> learned =
        LearnFromEarlier(storage_, command.definition, command.warm_start_from);
    if (!learned.ok()) return done(learned.status());
    warm_start = *std::move(learned);
  }
  if (absl::Status status = TakePlace(); !status.ok()) {
    // One that is there is no new one.
    if (!storage_->GetStudy(command.name).ok()) return done(status);
    return FindExisting(command, std::move(done));
  }
  StudyDefinition definition = command.definition;
  definition.warm_start = std::move(warm_start);
  definition.sampler.seed = command.seed ? *command.seed : RandomUid();
  definition.sampler.algorithm_version = NewestAlgorithmVersion(definition.sampler.kind);
  // A study that goes as it would with Optuna has Optuna's default.
  definition.pruner.algorithm_version = RepeatsPoints(definition.sampler) ? kMedianPrunerVersion : kNewestPrunerVersion;
  if (definition.defaults.size() != definition.space.size()) definition.defaults.resize(definition.space.size());
  storage::StudyRecord record;
  record.uid = RandomUid();
  record.name = command.name;
  record.definition = DefinitionToJson(definition);
  record.created_at = wall_micros_();
  record.revision = 1;
  record.user_attrs = command.user_attrs;
  record.system_attrs = command.system_attrs;
  ResultWriter result;
  result.Int(kMade).Int(static_cast<int64_t>(record.uid)).Int(record.created_at).Text(record.definition);
  const auto answer = std::make_shared<Study>(StudyOf(record, std::make_shared<const StudyDefinition>(std::move(definition))));
  storage_->CreateStudy(std::move(record), requests_->Kept(command.request, result.Take()),
                        [this, command, answer, done = std::move(done)](const absl::Status& status) {
                          GivePlaceBack();
                          if (status.ok()) return done(*answer);
                          if (!absl::IsAlreadyExists(status)) return done(error::FromStorage(status));
                          readers_->Post([this, command, done] { FindExisting(command, done); });
                        });
}

void StudyCreator::FindExisting(const CreateStudyCommand& command, Done<Study> done) {
  const absl::StatusOr<storage::StudyRecord> record = storage_->GetStudy(command.name);
  if (absl::IsNotFound(record.status())) {
    if (!command.may_make.ok()) return done(command.may_make);
    return Run(command, std::move(done));  // it was deleted in the meantime
  }
  if (!record.ok()) return done(error::FromStorage(record.status()));
  const absl::StatusOr<StudyDefinition> definition = DefinitionFromJson(record->definition);
  if (!definition.ok()) return done(definition.status());
  StudyDefinition wanted = command.definition;
  wanted.sampler.seed = command.seed.value_or(0);
  wanted.defaults.resize(wanted.space.size());
  const std::string difference = Difference(*definition, wanted, command.seed.has_value());
  if (!command.exist_ok || !difference.empty()) {
    const std::string hint = command.exist_ok ? "with another definition: " + difference : "; set exist_ok to use it";
    error::ErrorDetail detail{"STUDY_EXISTS", {{"field", "study.name"}}};
    if (!difference.empty()) detail.metadata.emplace_back("difference", difference);
    return done(error::MakeError(absl::StatusCode::kAlreadyExists,
                                 "study \"" + command.name + "\" exists" + (command.exist_ok ? " " : "") + hint,
                                 std::move(detail)));
  }
  ResultWriter result;
  result.Int(kFound).Int(static_cast<int64_t>(record->uid));
  std::optional<storage::RequestRecord> kept = requests_->Kept(command.request, result.Take());
  if (!kept) return Answer(record->uid, std::move(done));
  storage_->SubmitRequest(*std::move(kept), [this, uid = record->uid, done = std::move(done)](const absl::Status& status) {
    if (!status.ok()) return done(error::FromStorage(status));
    Answer(uid, done);
  });
}

void StudyCreator::Recall(const CreateStudyCommand& command, const std::string& result, Done<Study> done) {
  ResultReader reader(result);
  const int64_t how = reader.Int();
  const auto uid = static_cast<uint64_t>(reader.Int());
  if (how == kFound) return Answer(uid, std::move(done));
  // As it was made, whatever has become of it.
  storage::StudyRecord record;
  record.uid = uid;
  record.name = command.name;
  record.created_at = reader.Int();
  record.revision = 1;
  record.user_attrs = command.user_attrs;
  record.system_attrs = command.system_attrs;
  absl::StatusOr<StudyDefinition> definition = DefinitionFromJson(reader.Text());
  if (!reader.ok() || !definition.ok()) return done(absl::DataLossError("the kept answer of a CreateStudy cannot be read"));
  done(StudyOf(record, std::make_shared<const StudyDefinition>(*std::move(definition))));
}

void StudyCreator::Answer(uint64_t uid, Done<Study> done) {
  studies_->WithUid(uid, [done = std::move(done)](absl::StatusOr<StudyPtr> engine) {
    if (!engine.ok()) return done(engine.status());
    done(verbs::GetStudy(*engine));
  });
}

}  // namespace parzen::engine
