// How a trial ends whose client tells it without a handle, as Optuna's do.

#ifndef PARZEN_SERVER_ENGINE_STUDY_CLIENT_END_H_
#define PARZEN_SERVER_ENGINE_STUDY_CLIENT_END_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "server/engine/types.h"
#include "storage/records.h"
#include "storage/storage.h"

namespace parzen::engine {

// BAD_FIELD `values`: one an objective is accepted, or none, of complete trials and of pruned ones.
absl::Status CheckEndValues(TrialState state, const std::vector<double>& values, size_t objectives);

// Sets what `update` makes of the trial: ended at `now`, in a state from kComplete on. NaN is no result: the trial has failed,
// since its point is bad; so has one that is complete without values (kCompleteWithoutValues). A pruned one without values has
// those that it reported last. `record`: the trial as staged.
void SetEnd(TrialState state, const std::vector<double>& values, size_t objectives, const storage::TrialRecord& record,
            int64_t now, storage::UpdateTrial* update);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_CLIENT_END_H_
