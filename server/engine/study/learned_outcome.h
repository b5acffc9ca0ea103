// What a trial's end teaches a sampler.

#ifndef PARZEN_SERVER_ENGINE_LEARNED_OUTCOME_H_
#define PARZEN_SERVER_ENGINE_LEARNED_OUTCOME_H_

#include <vector>

#include "sampler/history.h"
#include "storage/records.h"

namespace parzen::engine {

// `last`: the last intermediate value, which pruned trials are ranked by; null where there is none. A NaN constraint, one that
// could not be evaluated, counts as not satisfied.
Outcome LearnedOutcome(storage::TrialState state, storage::FailureKind failure, const std::vector<double>& values,
                       const storage::NamedDoubles& constraints, const storage::Intermediate* last);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_LEARNED_OUTCOME_H_
