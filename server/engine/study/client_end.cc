#include "server/engine/study/client_end.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/engine/client_trials.h"
#include "server/engine/study/pruned_values.h"
#include "server/error/error.h"

namespace parzen::engine {

absl::Status CheckEndValues(TrialState state, const std::vector<double>& values, size_t objectives) {
  const bool valued = state == TrialState::kComplete || state == TrialState::kPruned;
  if (!valued || values.empty() || values.size() == objectives) return absl::OkStatus();
  return error::BadField("values", absl::StrCat("has ", values.size(), " values; the study has ", objectives, " objectives"));
}

void SetEnd(TrialState state, const std::vector<double>& values, size_t objectives, const storage::TrialRecord& record,
            int64_t now, storage::UpdateTrial* update) {
  update->state = state;
  update->finished_at = now;
  if (!values.empty()) update->values = values;
  if (state == TrialState::kPruned && values.empty()) update->values = LastFinite(record, objectives);
  if (state == TrialState::kFailed) {
    update->failure = FailureKind::kCrashed;
    update->reason = "";  // what a running trial has is why it should be pruned
  }
  if (state == TrialState::kComplete && values.empty()) {
    update->state = TrialState::kFailed;
    update->failure = FailureKind::kCrashed;
    update->reason = std::string(kCompleteWithoutValues);
  }
  const bool nan = std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); });
  if (state != TrialState::kComplete || !nan) return;
  update->state = TrialState::kFailed;
  update->values.reset();
  update->failure = FailureKind::kInfeasible;
  update->reason = "an objective is NaN";
}

}  // namespace parzen::engine
