#include "server/engine/study/guest_sampling.h"

#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "server/error/error.h"

namespace parzen::engine {

absl::StatusOr<JointPart> SampleAsGuest(Learner* learner, int64_t number, const SampleCommand& command) {
  SamplerConfig config = command.sampling.sampler;
  if (!command.sampling.has_seed) config.seed = learner->definition().sampler.seed;
  const absl::StatusOr<Sampler*> sampler = learner->guests().Get(std::move(config), learner->definition().directions);
  if (!sampler.ok()) return error::AsBadField(sampler.status(), "sampling");
  if (command.parameter) {
    JointPart part;
    part.after = command.sampling.streams;
    const NamedDistribution& parameter = *command.parameter;
    PARZEN_ASSIGN_OR_RETURN(const double value, (*sampler)->SuggestAlone(learner->history(), parameter.name,
                                                                         parameter.distribution, number, &part.after));
    part.space.push_back(parameter);
    part.values.push_back(value);
    return part;
  }
  JointRequest request;
  request.number = number;
  request.streams = command.sampling.streams;
  request.space = command.space ? &*command.space : nullptr;
  request.always = command.always;
  return (*sampler)->SuggestJointly(learner->history(), request);
}

absl::Status LearnEnded(const StudyPtr& study) {
  std::vector<Ended> ended;
  {
    const MutexLock lock(study->mutex());
    PARZEN_RETURN_IF_ERROR(study->Check());
    ended = study->rooms().staged.TakeEnded();
  }
  study->learner().Learn(ended);
  return absl::OkStatus();
}

}  // namespace parzen::engine
