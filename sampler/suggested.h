// Taking a suggestion into the history, as whoever runs a study does.

#ifndef PARZEN_SAMPLER_SUGGESTED_H_
#define PARZEN_SAMPLER_SUGGESTED_H_

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "sampler/history.h"
#include "sampler/sampler.h"
#include "sampler/space/space.h"

namespace parzen {

// Gives a row of the history, which waits or runs, what was suggested for its trial: the active parameters, and the joint part as
// it was drawn.
inline void SetSuggested(const SearchSpace& space, const Suggestion& suggestion, int64_t row, History* history) {
  for (size_t i = 0; i < space.size(); ++i) {
    if (!std::isnan(suggestion.point[i])) history->SetParam(row, space[i].name, space[i].distribution, suggestion.point[i]);
  }
  if (!suggestion.draft.relative.empty()) history->SetRelative(row, suggestion.draft.relative);
}

}  // namespace parzen

#endif  // PARZEN_SAMPLER_SUGGESTED_H_
