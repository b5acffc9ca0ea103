#include "sampler/tpe/learned.h"

#include <algorithm>
#include <utility>

namespace parzen::tpe {

void Learned::Update(const History& history) {
  several_ = history.directions().size() > 1;
  if (&history != followed_ || history.finished().size() < best_of_several_.finished) {
    followed_ = &history;
    best_ = BestTrials(settings_);
    best_of_several_ = {};
    models_.clear();
  }
  best_.Update(history);
  if (several_ && best_of_several_.finished != history.finished().size()) {
    std::vector<int32_t> below = SplitTrials(history, settings_, -1).below;
    if (below != best_of_several_.below) {
      best_of_several_.below = std::move(below);
      ++best_of_several_.version;
    }
  }
  best_of_several_.finished = history.finished().size();
}

GroupModel& Learned::ModelOf(const History& history, const JointGroup& group, int64_t number) {
  GroupModel& model = FindModel(group, history.directions().size());
  model.Update(history, below(), several_ ? best_of_several_.version : best_.version(), number);
  return model;
}

GroupModel& Learned::FindModel(const JointGroup& group, size_t objectives) {
  constexpr size_t kMostModels = 2 * kMaxParameters;
  for (const auto& model : models_) {
    if (model->group() == group) return *model;
  }
  // A group whose ranges changed has a new model.
  std::erase_if(models_, [&](const std::unique_ptr<GroupModel>& model) {
    return std::equal(group.begin(), group.end(), model->group().begin(), model->group().end(),
                      [](const NamedDistribution& a, const NamedDistribution& b) { return a.name == b.name; });
  });
  if (models_.size() >= kMostModels) models_.erase(models_.begin());
  return *models_.emplace_back(std::make_unique<GroupModel>(group, settings_, objectives));
}

}  // namespace parzen::tpe
