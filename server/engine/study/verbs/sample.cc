// Sample: what a sampler that the caller brings suggests for a trial, from the history in memory. Records nothing.

#include <utility>

#include "base/status_macros.h"
#include "server/engine/study/checks.h"
#include "server/engine/study/guest_sampling.h"
#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine::verbs {
namespace {

absl::StatusOr<JointPart> RunSample(const StudyPtr& study, const SampleCommand& command) {
  PARZEN_RETURN_IF_ERROR(LearnEnded(study));
  {
    const MutexLock lock(study->mutex());
    PARZEN_RETURN_IF_ERROR(CheckNumber(study->rooms().staged, command.trial.number));
  }
  return SampleAsGuest(&study->learner(), command.trial.number, command);
}

}  // namespace

void Sample(const StudyPtr& study, SampleCommand command, Done<JointPart> done) {
  study->strand()->Post([study, command = std::move(command), done = std::move(done)] { done(RunSample(study, command)); });
}

}  // namespace parzen::engine::verbs
