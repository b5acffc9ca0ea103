// Parameters that a client gives instead of having them sampled.

#ifndef PARZEN_SERVER_ENGINE_STUDY_GIVEN_PARAMS_H_
#define PARZEN_SERVER_ENGINE_STUDY_GIVEN_PARAMS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/engine/study/learner.h"
#include "server/engine/types.h"
#include "storage/records.h"

namespace parzen::engine {

// Declared spaces: appends the given values to record->params, in the space's order. BAD_FIELD `field` for an unknown parameter,
// one that is there twice, a value outside its distribution, or a child whose given parent makes it inactive. `study` is the
// study's name.
absl::Status ResolveDeclared(const Learner& learner, std::string_view study, std::string_view field,
                             const std::vector<GivenParam>& given, storage::TrialRecord* record);

// Define-by-run: a parameter keeps its kind, log and choices through the study. BAD_FIELD `field` where the study has used it
// with others.
absl::Status CheckColumn(const Learner& learner, std::string_view field, const std::string& name,
                         const Distribution& distribution);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_GIVEN_PARAMS_H_
