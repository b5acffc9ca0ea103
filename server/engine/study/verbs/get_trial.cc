// GetTrial: one trial, as it is durable.

#include <span>
#include <utility>

#include "server/engine/study/checks.h"
#include "server/engine/study/read_trials.h"
#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine::verbs {

void GetTrial(const StudyPtr& study, GetTrialCommand command, Done<Trial> done) {
  absl::Status status;
  {
    const MutexLock lock(study->mutex());
    status = CheckVisible(study, command.number);
  }
  if (!status.ok()) return done(status);
  study->context().readers->Post([study, command = std::move(command), done = std::move(done)] {
    absl::StatusOr<std::vector<Trial>> trials = ReadTrials(study, std::span(&command.number, 1), command.view);
    if (!trials.ok()) return done(trials.status());
    done(std::move(trials->front()));
  });
}

}  // namespace parzen::engine::verbs
