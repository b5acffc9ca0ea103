#include "server/engine/study/learned_outcome.h"

#include <cmath>
#include <limits>

namespace parzen::engine {

Outcome LearnedOutcome(storage::TrialState state, storage::FailureKind failure, const std::vector<double>& values,
                       const storage::NamedDoubles& constraints, const storage::Intermediate* last) {
  using storage::TrialState;
  Outcome outcome;
  outcome.state = state == TrialState::kComplete                 ? RowState::kComplete
                  : state == TrialState::kPruned                 ? RowState::kPruned
                  : failure == storage::FailureKind::kInfeasible ? RowState::kInfeasible
                                                                 : RowState::kFailed;
  if (state == TrialState::kComplete) outcome.values = values;
  if (state == TrialState::kPruned && last != nullptr) {
    outcome.last_step = last->step;
    outcome.last_value = last->value;
  }
  for (const auto& [name, value] : constraints) {
    outcome.constraints.push_back({name, std::isnan(value) ? std::numeric_limits<double>::infinity() : value});
  }
  return outcome;
}

}  // namespace parzen::engine
