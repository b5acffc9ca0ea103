// Whether a study gives work away.

#ifndef PARZEN_SERVER_ENGINE_STUDY_HANDING_OUT_H_
#define PARZEN_SERVER_ENGINE_STUDY_HANDING_OUT_H_

#include <functional>

#include "absl/status/status.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {

// FAILED_PRECONDITION STUDY_PAUSED, or STUDY_FINISHED that says which limit has finished it.
absl::Status CheckHandsOut(const StagedStudy& staged);

// Whether the time has come for the study to end by itself. Then that is staged, and `refuse` is called with STUDY_FINISHED once
// it is durable.
bool FinishIfDue(const StudyPtr& study, std::function<void(const absl::Status&)> refuse, Answers* now) REQUIRES(study->mutex());

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_HANDING_OUT_H_
