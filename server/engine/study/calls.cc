// How calls come in: each once for its request_id, and those that sample or give out numbers on the study's strand.

#include <utility>

#include "server/engine/study/study_engine.h"

namespace parzen::engine {

template <typename Command, typename Answer>
void StudyEngine::Once(Command command, Done<Answer> done, Run<Command, Answer> run, Recall<Command, Answer> recall) {
  if (!command.request.id) return (this->*run)(command, std::move(done));
  RequestTable::Lookup lookup;
  absl::Status status;
  {
    const std::lock_guard lock(mutex_);
    status = Check();
    if (status.ok()) {
      lookup = requests_.Begin(command.request, [&] {
        return [self = shared_from_this(), command, done, run, recall] { self->Once(command, done, run, recall); };
      });
    }
  }
  if (!status.ok()) return done(status);
  switch (lookup.found) {
    case RequestTable::Found::kPending:
      return;
    case RequestTable::Found::kReused:
      return done(error::RequestReused());
    case RequestTable::Found::kNew: {
      const RequestId id = *command.request.id;
      return (this->*run)(command, [self = shared_from_this(), id, done = std::move(done)](absl::StatusOr<Answer> answer) {
        done(std::move(answer));
        self->EndRequest(id);
      });
    }
    case RequestTable::Found::kKept:
      break;
  }
  context_.readers->Post(
      [self = shared_from_this(), command = std::move(command), done = std::move(done), run, recall, locator = lookup.locator] {
        const absl::StatusOr<storage::RequestRecord> kept = self->context_.storage->ReadRequest(self->uid(), locator);
        if (absl::IsNotFound(kept.status())) {  // it has expired
          {
            const std::lock_guard lock(self->mutex_);
            self->requests_.Forget(*command.request.id);
          }
          return self->Once(command, done, run, recall);
        }
        if (!kept.ok()) return done(error::FromStorage(kept.status()));
        if (kept->payload_hash != command.request.payload_hash) return done(error::RequestReused());
        done((*self.*recall)(command, kept->result));
      });
}

void StudyEngine::EndRequest(const RequestId& id) {
  std::vector<std::function<void()>> again;
  {
    const std::lock_guard lock(mutex_);
    again = requests_.End(id);
  }
  for (const auto& call : again) call();
}

template <typename Command, typename Answer>
void StudyEngine::OnStrand(Run<Command, Answer> run, const Command& command, Done<Answer> done) {
  strand_->Post([self = shared_from_this(), run, command, done = std::move(done)] { (*self.*run)(command, done); });
}

void StudyEngine::Ask(AskCommand command, Done<AskAnswer> done) {
  command.arrived = std::chrono::steady_clock::now();
  Once(std::move(command), std::move(done), &StudyEngine::PostAsk, &StudyEngine::RecallAsk);
}
void StudyEngine::Tell(TellCommand command, Done<TellAnswer> done) {
  Once(std::move(command), std::move(done), &StudyEngine::RunTell, &StudyEngine::RecallTell);
}
void StudyEngine::Report(ReportCommand command, Done<ReportAnswer> done) {
  Once(std::move(command), std::move(done), &StudyEngine::RunReport, &StudyEngine::RecallReport);
}
void StudyEngine::Enqueue(EnqueueCommand command, Done<Trial> done) {
  Once(std::move(command), std::move(done), &StudyEngine::PostEnqueue, &StudyEngine::RecallEnqueue);
}
void StudyEngine::AddTrials(AddTrialsCommand command, Done<AddTrialsAnswer> done) {
  Once(std::move(command), std::move(done), &StudyEngine::PostAddTrials, &StudyEngine::RecallAddTrials);
}
void StudyEngine::Suggest(SuggestCommand command, Done<SuggestAnswer> done) {
  Once(std::move(command), std::move(done), &StudyEngine::PostSuggest, &StudyEngine::RecallSuggest);
}
void StudyEngine::UpdateTrial(UpdateTrialCommand command, Done<Trial> done) {
  Once(std::move(command), std::move(done), &StudyEngine::RunUpdateTrial, &StudyEngine::RecallUpdateTrial);
}
void StudyEngine::StopTrial(StopTrialCommand command, Done<std::monostate> done) {
  Once(std::move(command), std::move(done), &StudyEngine::RunStopTrial, &StudyEngine::RecallStopTrial);
}
void StudyEngine::UpdateStudy(UpdateStudyCommand command, Done<Study> done) {
  Once(std::move(command), std::move(done), &StudyEngine::PostUpdateStudy, &StudyEngine::RecallUpdateStudy);
}

void StudyEngine::PostAsk(const AskCommand& command, Done<AskAnswer> done) {
  OnStrand(&StudyEngine::RunAsk, command, std::move(done));
}
void StudyEngine::PostEnqueue(const EnqueueCommand& command, Done<Trial> done) {
  OnStrand(&StudyEngine::RunEnqueue, command, std::move(done));
}
void StudyEngine::PostAddTrials(const AddTrialsCommand& command, Done<AddTrialsAnswer> done) {
  OnStrand(&StudyEngine::RunAddTrials, command, std::move(done));
}
void StudyEngine::PostSuggest(const SuggestCommand& command, Done<SuggestAnswer> done) {
  OnStrand(&StudyEngine::RunSuggest, command, std::move(done));
}
void StudyEngine::PostUpdateStudy(const UpdateStudyCommand& command, Done<Study> done) {
  OnStrand(&StudyEngine::RunUpdateStudy, command, std::move(done));
}

void StudyEngine::DeleteStudy(std::optional<storage::RequestRecord> request, Done<std::monostate> done) {
  strand_->Post([self = shared_from_this(), request = std::move(request), done = std::move(done)] {
    std::unique_lock lock(self->mutex_);
    absl::Status status = self->Check();
    // Another call of this study had the id: a mix-up of ids must not cost a study.
    if (status.ok() && request && self->requests_.Knows(request->id)) status = error::RequestReused();
    if (!status.ok()) {
      lock.unlock();
      return done(status);
    }
    auto batch = std::make_shared<Batch>();
    // With locator 0 it is kept outside the study and outlives it.
    if (request) batch->changes.emplace_back(storage::PutRequest{*request});
    batch->changes.emplace_back(storage::DeleteStudy{});
    batch->deletes = true;
    batch->done.push_back([done](const absl::Status& committed) {
      if (!committed.ok()) return done(committed);
      done(std::monostate());
    });
    self->deleted_ = true;
    self->QueueAndRelease(std::move(lock), std::move(batch), {}, "", -1);
  });
}

}  // namespace parzen::engine
