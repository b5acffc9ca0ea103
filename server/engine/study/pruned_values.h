// What a pruned trial's values are where whoever ends it gives none.

#ifndef PARZEN_SERVER_ENGINE_STUDY_PRUNED_VALUES_H_
#define PARZEN_SERVER_ENGINE_STUDY_PRUNED_VALUES_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "storage/records.h"

namespace parzen::engine {

// Those that it reported at the last step where all of its objectives are there and finite; nullopt where there is none.
std::optional<std::vector<double>> LastFinite(const storage::TrialRecord& record, size_t objectives);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_PRUNED_VALUES_H_
