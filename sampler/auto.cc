#include "sampler/auto.h"

namespace parzen {

Sampler& AutoSampler::For(const History& history, const SearchSpace* space) const {
  if (space == nullptr || space->empty() || space->size() > kMostGpParameters) return *tpe_;
  int64_t taught = 0;
  for (int64_t row = 0; row < history.size(); ++row) taught += history.state(row) == RowState::kComplete;
  return taught < kMostGpTrials ? *gp_ : *tpe_;
}

}  // namespace parzen
