// What verbs that sample have in common.

#ifndef PARZEN_SERVER_ENGINE_STUDY_SAMPLING_H_
#define PARZEN_SERVER_ENGINE_STUDY_SAMPLING_H_

#include <string>
#include <string_view>

#include "server/engine/study/study_engine.h"

namespace parzen::engine {

// A parameter's value (internal form) as it is kept; `text` is the distribution as JSON.
storage::ParamRecord MakeParam(std::string_view name, const Distribution& distribution, const std::string& text, double value);

// On the strand: the sampler's fitted state, where it has changed, as a change of the transaction that it was used for.
void KeepSamplerState(Learner* learner, Batch* batch);

// Lets the sampler get ready for the next Ask when the study has nothing else to do. Under the study's mutex.
void PrepareInBackground(const StudyPtr& study) REQUIRES(study->mutex());

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_SAMPLING_H_
