#include "server/engine/study/sampling.h"

#include <utility>
#include <vector>

namespace parzen::engine {

storage::ParamRecord MakeParam(std::string_view name, const Distribution& distribution, const std::string& text, double value) {
  return {std::string(name), value, ChoiceToJson(ToExternal(distribution, value)), text};
}

void KeepSamplerState(Learner* learner, Batch* batch) {
  std::string state = learner->TakeState();
  if (state.empty()) return;
  storage::UpdateStudy update;
  update.sampler_state = std::move(state);
  batch->changes.emplace_back(std::move(update));
}

void PrepareInBackground(const StudyPtr& study) {
  // Without a declared space nobody knows what will be asked for.
  const StudyDefinition& definition = *study->rooms().staged.face().definition;
  if (definition.space.empty() || !DescriptorOf(definition.sampler.kind).prepares) return;
  study->strand()->PostBackground([weak = std::weak_ptr<StudyEngine>(study)] {
    const StudyPtr self = weak.lock();
    if (self == nullptr) return;
    std::vector<Ended> ended;
    {
      const MutexLock lock(self->mutex());
      if (!self->Check().ok()) return;
      ended = self->rooms().staged.TakeEnded();
    }
    self->learner().Learn(ended);
    self->learner().Prepare();
  });
}

}  // namespace parzen::engine
