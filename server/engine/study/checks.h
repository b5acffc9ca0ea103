// What several verbs ask of a trial or a study before they touch it. All under the study's mutex.

#ifndef PARZEN_SERVER_ENGINE_STUDY_CHECKS_H_
#define PARZEN_SERVER_ENGINE_STUDY_CHECKS_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {

// NO_SUCH_TRIAL for a number that does not exist.
absl::Status CheckNumber(const StagedStudy& staged, int64_t number);

// Whether what a handle names is running, as its attempt: LEASE_LOST (ABORTED) for an earlier attempt's handle, TRIAL_FINISHED or
// TRIAL_NOT_RUNNING (FAILED_PRECONDITION), BAD_FIELD of `field`.attempt for an attempt that has not been, NO_SUCH_TRIAL.
absl::Status CheckRunning(const StagedStudy& staged, const TrialHandle& handle, std::string_view field);

// Whether a trial has not ended, whatever its attempt: TRIAL_FINISHED (FAILED_PRECONDITION), NO_SUCH_TRIAL.
absl::Status CheckUnfinished(const StagedStudy& staged, int64_t number);

// Whether a trial that has not ended holds no more than kMaxReportedValues (validation.h) once values at these steps, of which
// some may be there, are put: LIMIT_REPORTS (RESOURCE_EXHAUSTED).
absl::Status CheckRoomForReports(const StagedStudy& staged, int64_t number, std::span<const int64_t> steps);

// For readers: NO_SUCH_TRIAL for a trial that is not durable yet, too; and whether calls are taken.
absl::Status CheckVisible(const StudyPtr& study, int64_t number) REQUIRES(study->mutex());

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_CHECKS_H_
