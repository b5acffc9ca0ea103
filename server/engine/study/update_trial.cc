// UpdateTrial: attributes in any state, constraints while it runs.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/attributes.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {

void StudyEngine::RunUpdateTrial(const UpdateTrialCommand& command, Done<Trial> done) {
  UpdateTrialKnowing(command, nullptr, std::move(done));
}

void StudyEngine::UpdateTrialKnowing(const UpdateTrialCommand& command, const storage::TrialRecord* ended, Done<Trial> done) {
  const int64_t number = command.trial.number;
  std::unique_lock lock(mutex_);
  absl::Status status = Check();
  if (status.ok()) status = CheckNumber(number);
  if (status.ok() && !command.constraints.empty()) status = CheckRunning(command.trial, "trial");
  LiveTrial* live = status.ok() ? FindLive(number) : nullptr;
  if (status.ok() && live == nullptr && ended == nullptr) {
    // Its attributes are not in memory: they are read for their number to be checked.
    lock.unlock();
    return context_.readers->Post([self = shared_from_this(), command, done = std::move(done)] {
      const absl::StatusOr<std::vector<storage::TrialRecord>> read =
          self->context_.storage->ReadTrials(self->uid(), std::span(&command.trial.number, 1), storage::View::kFull);
      if (!read.ok()) return done(error::FromStorage(read.status()));
      self->UpdateTrialKnowing(command, &read->front(), done);
    });
  }
  if (status.ok()) {
    const storage::TrialRecord& record = live == nullptr ? *ended : live->record;
    status = CheckAttributeCount("user_attrs", record.user_attrs, command.user_attrs);
    if (status.ok()) status = CheckAttributeCount("system_attrs", record.system_attrs, command.system_attrs);
  }
  if (!status.ok()) {
    lock.unlock();
    return done(status);
  }
  auto batch = std::make_shared<Batch>();
  storage::UpdateTrial update;
  update.number = number;
  update.revision = StageRevision(number, static_cast<TrialState>(index_[number].staged), batch.get());
  update.user_attrs = AttributeChanges(command.user_attrs);
  update.system_attrs = AttributeChanges(command.system_attrs);
  if (live != nullptr) {
    storage::TrialRecord& record = live->record;
    record.revision = update.revision;
    SetAttributes(command.user_attrs, &record.user_attrs);
    SetAttributes(command.system_attrs, &record.system_attrs);
    if (!command.constraints.empty()) {
      SetNamed(command.constraints, &record.constraints);
      update.constraints = record.constraints;
    }
  }
  batch->changes.emplace_back(std::move(update));
  batch->done.push_back([self = shared_from_this(), number, done = std::move(done)](const absl::Status& committed) {
    if (!committed.ok()) return done(committed);
    self->GetTrial({self->name(), number, storage::View::kFull}, done);
  });
  QueueAndRelease(std::move(lock), std::move(batch), command.request, "", -1);
}

// The trial as it is now: what a repeat wants is that its change is there, once.
absl::StatusOr<Trial> StudyEngine::RecallUpdateTrial(const UpdateTrialCommand& command, std::string_view) {
  absl::StatusOr<std::vector<Trial>> trials = ReadTrials(std::span(&command.trial.number, 1), storage::View::kFull);
  if (!trials.ok()) return trials.status();
  return std::move(trials->front());
}

}  // namespace parzen::engine
