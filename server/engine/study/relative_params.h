// The joint part of a trial as Optuna's TPESampler shares it: a JSON object of values, cut into pieces, each a JSON string among
// the trial's system attributes ("tpe:relative_params:0", ...). Other workers' samplers read it while the trial runs.

#ifndef PARZEN_SERVER_ENGINE_STUDY_RELATIVE_PARAMS_H_
#define PARZEN_SERVER_ENGINE_STUDY_RELATIVE_PARAMS_H_

#include <cstdint>
#include <vector>

#include "sampler/history.h"
#include "sampler/sampler.h"
#include "server/engine/study/study_engine.h"
#include "server/engine/types.h"

namespace parzen::engine {

// Whether a sampler shares its joint parts: TPE whose running trials count as bad ones (constant_liar).
bool SharesJointPart(const SamplerConfig& config);

// None for a part without values.
Attributes RelativeParams(const JointPart& part);

// Whether one of the attributes is a piece of it.
bool HasRelativeParams(const Attributes& system_attrs);

// Internal form, by the distributions that the parameters have in the study; those that it does not know are left out. Empty
// where the pieces make no object.
std::vector<NamedValue> ReadRelativeParams(const Attributes& system_attrs, const History& history);

// On the strand: the learner takes up what a running trial's attributes say.
void TeachRelativeParams(const StudyPtr& study, int64_t number);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_RELATIVE_PARAMS_H_
