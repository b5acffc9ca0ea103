// Suggestions by a sampler that the caller brings.

#ifndef PARZEN_SERVER_ENGINE_STUDY_GUEST_SAMPLING_H_
#define PARZEN_SERVER_ENGINE_STUDY_GUEST_SAMPLING_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "server/engine/client_trials.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {

// On the strand, once the learner knows all that has ended. BAD_FIELD `sampling` for a sampler that cannot be.
absl::StatusOr<JointPart> SampleAsGuest(Learner* learner, int64_t number, const SampleCommand& command);

// On the strand: the learner takes up what has ended. Fails where the study takes no calls.
absl::Status LearnEnded(const StudyPtr& study);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_GUEST_SAMPLING_H_
