// What a command may say, as far as it does not depend on the study: names, counts, bounds, JSON. Errors are BAD_FIELD or
// LIMIT_...

#ifndef PARZEN_SERVER_ENGINE_VALIDATION_H_
#define PARZEN_SERVER_ENGINE_VALIDATION_H_

#include "absl/status/status.h"
#include "server/engine/client_trials.h"
#include "server/engine/insights.h"
#include "server/engine/types.h"

namespace parzen::engine {

inline constexpr size_t kMaxWorkerBytes = 256;
inline constexpr size_t kMaxReasonBytes = 4096;
inline constexpr size_t kMaxPerCall = 1000;       // outcomes, reports, trials asked for
inline constexpr size_t kMaxImported = 10'000;    // trials an AddTrials
inline constexpr size_t kMaxNamedDoubles = 1000;  // constraints or metrics a trial
// Intermediate values that a trial holds, one an objective and step. With its times the whole fits into one message of 4 MiB, so
// that what was exported can be imported.
inline constexpr size_t kMaxReportedValues = 100'000;
inline constexpr int64_t kMinLeaseMicros = 1'000'000;
inline constexpr int64_t kMaxLeaseMicros = int64_t{86'400} * 1'000'000;

// LIMIT_REPORTS where a trial would hold more.
absl::Status CheckReportedValues(size_t steps, size_t objectives);

absl::Status Validate(const CreateStudyCommand& command);
absl::Status Validate(const ListStudiesCommand& command);
absl::Status Validate(const UpdateStudyCommand& command);
absl::Status Validate(const AskCommand& command);
absl::Status Validate(const TellCommand& command);
absl::Status Validate(const ReportCommand& command);
absl::Status Validate(const HeartbeatCommand& command);
absl::Status Validate(const StopTrialCommand& command);
absl::Status Validate(const EnqueueCommand& command);
absl::Status Validate(const AddTrialsCommand& command);
absl::Status Validate(const SuggestCommand& command);
absl::Status Validate(const UpdateTrialCommand& command);
absl::Status Validate(const ListTrialsCommand& command);
absl::Status Validate(const BestTrialsCommand& command);
absl::Status Validate(const RecommendTrialsCommand& command);
absl::Status Validate(const WatchCommand& command);
absl::Status Validate(const BeginTrialCommand& command);
absl::Status Validate(const SetTrialStateCommand& command);
absl::Status Validate(const AmendTrialCommand& command);
absl::Status Validate(const AdvanceTrialCommand& command);
absl::Status Validate(const SampleCommand& command);
// Nothing that can be said of them without the study.
inline absl::Status Validate(const GetTrialCommand&) { return absl::OkStatus(); }
inline absl::Status Validate(const ExplainTrialCommand&) { return absl::OkStatus(); }
inline absl::Status Validate(const GetImportancesCommand&) { return absl::OkStatus(); }
inline absl::Status Validate(const SetParameterCommand&) { return absl::OkStatus(); }
inline absl::Status Validate(const ReadTrialsCommand&) { return absl::OkStatus(); }

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_VALIDATION_H_
