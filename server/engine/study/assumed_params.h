// Parameters that running rows are assumed to have, since a caller was told them and is yet to set them: other suggestions see
// them until they are set otherwise, or the row ends or is parked.

#ifndef PARZEN_SERVER_ENGINE_STUDY_ASSUMED_PARAMS_H_
#define PARZEN_SERVER_ENGINE_STUDY_ASSUMED_PARAMS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sampler/history.h"
#include "sampler/sampler.h"

namespace parzen::engine {

// Owned by the study's sampling strand: one thread at a time.
class AssumedParams {
 public:
  // Writes the part's values into the row.
  void Assume(int64_t row, const JointPart& part, History* history);
  // The parameter was set: it stays.
  void Set(int64_t row, std::string_view name);
  // Takes back what was assumed of the row and has not been set.
  void TakeBack(int64_t row, History* history);

 private:
  absl::flat_hash_map<int64_t, std::vector<NamedDistribution>> assumed_;  // by row
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_ASSUMED_PARAMS_H_
