#include "server/engine/study/checks.h"

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/validation.h"
#include "server/error/error.h"

namespace parzen::engine {

absl::Status CheckNumber(const StagedStudy& staged, int64_t number) {
  if (staged.trials().Has(number)) return absl::OkStatus();
  const int64_t size = staged.trials().size();
  const std::string range = size == 0 ? "it has none yet" : absl::StrCat("it has 0 to ", size - 1);
  return error::NoSuchTrial(absl::StrCat("study \"", staged.name(), "\" has no trial ", number, "; ", range));
}

absl::Status CheckRunning(const StagedStudy& staged, const TrialHandle& handle, std::string_view field) {
  PARZEN_RETURN_IF_ERROR(CheckNumber(staged, handle.number));
  const LiveTrial* live = staged.trials().Find(handle.number);
  const int32_t attempt = staged.trials().attempt(handle.number);
  if (handle.attempt < attempt) {
    return error::MakeError(
        absl::StatusCode::kAborted,
        absl::StrCat("trial ", handle.number, " has passed from attempt ", handle.attempt, " to attempt ", attempt),
        {"LEASE_LOST", {}});
  }
  if (live == nullptr || live->ended()) {
    return error::Precondition("TRIAL_FINISHED",
                               absl::StrCat("trial ", handle.number, " has ended; only a running trial is accepted"));
  }
  if (handle.attempt > attempt) {
    return error::BadField(std::string(field) + ".attempt",
                           absl::StrCat("is ", handle.attempt, "; trial ", handle.number, " has had attempts 0 to ", attempt));
  }
  if (live->record.state == TrialState::kWaiting) {
    return error::Precondition("TRIAL_NOT_RUNNING",
                               absl::StrCat("trial ", handle.number, " is WAITING: it has not been asked for yet"));
  }
  return absl::OkStatus();
}

absl::Status CheckUnfinished(const StagedStudy& staged, int64_t number) {
  PARZEN_RETURN_IF_ERROR(CheckNumber(staged, number));
  const LiveTrial* live = staged.trials().Find(number);
  if (live != nullptr && !live->ended()) return absl::OkStatus();
  return error::Precondition("TRIAL_FINISHED", absl::StrCat("trial ", number, " has ended; it cannot be changed any more"));
}

absl::Status CheckRoomForReports(const StagedStudy& staged, int64_t number, std::span<const int64_t> steps) {
  const std::vector<storage::Intermediate>& there = staged.trials().Find(number)->record.intermediates;
  const size_t objectives = staged.face().definition->directions.size();
  if (CheckReportedValues(there.size() + steps.size(), objectives).ok()) return absl::OkStatus();
  absl::flat_hash_set<int64_t> all(steps.begin(), steps.end());
  for (const storage::Intermediate& value : there) all.insert(value.step);
  return CheckReportedValues(all.size(), objectives);
}

absl::Status CheckVisible(const StudyPtr& study, int64_t number) {
  PARZEN_RETURN_IF_ERROR(study->Check());
  if (study->rooms().durable.Has(number)) return absl::OkStatus();
  return error::NoSuchTrial(absl::StrCat("study \"", study->identity().name, "\" has no trial ", number));
}

}  // namespace parzen::engine
