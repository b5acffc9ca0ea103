// What AmendTrial makes of a trial; shared with AdvanceTrial.

#ifndef PARZEN_SERVER_ENGINE_STUDY_AMENDS_H_
#define PARZEN_SERVER_ENGINE_STUDY_AMENDS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "server/engine/client_trials.h"
#include "server/engine/study/staged.h"
#include "storage/records.h"
#include "storage/storage.h"

namespace parzen::engine {

// What the command must keep to, beyond Validate: LIMIT_REPORTS.
absl::Status CheckAmends(const StagedStudy& staged, const AmendTrialCommand& command, int64_t number);

// Sets attributes, constraints and intermediate values as the command says; `record` is the trial as staged.
void SetAmends(const AmendTrialCommand& command, const storage::TrialRecord& record, int64_t now, storage::UpdateTrial* update);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_AMENDS_H_
