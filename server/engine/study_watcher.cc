#include "server/engine/study_watcher.h"

#include <utility>

#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine {

StudyWatcher::StudyWatcher(LiveStudies* studies, uint64_t uid, WatchCommand command, std::function<void()> changed)
    : studies_(studies), uid_(uid), command_(std::move(command)) {
  state_->revision = command_.after_revision;
  state_->first = !command_.resumed;
  state_->hub = studies_->Hub(uid_);
  state_->seat = state_->hub->Join(std::move(changed));
}

StudyWatcher::~StudyWatcher() { state_->hub->Leave(state_->seat); }

void StudyWatcher::Read(Done<WatchBatch> done) {
  // A study that was there and is not found any more was deleted.
  auto answer = [state = state_, name = command_.study, done = std::move(done)](absl::StatusOr<WatchBatch> batch) {
    if (absl::IsNotFound(batch.status())) return done(error::StudyDeleted(name));
    if (!batch.ok()) return done(batch.status());
    state->revision = batch->revision;
    state->first = false;
    const bool arm = !batch->more;
    const int64_t revision = batch->revision;
    done(*std::move(batch));
    if (arm) state->hub->Arm(state->seat, revision);
  };
  studies_->WithUid(uid_, [state = state_, command = command_, answer](absl::StatusOr<StudyPtr> engine) {
    if (!engine.ok()) return answer(engine.status());
    verbs::ReadChanges(*engine, state->revision, state->first, command.view, command.states, answer);
  });
}

}  // namespace parzen::engine
