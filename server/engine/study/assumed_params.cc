#include "server/engine/study/assumed_params.h"

namespace parzen::engine {

void AssumedParams::Assume(int64_t row, const JointPart& part, History* history) {
  for (size_t i = 0; i < part.values.size(); ++i) {
    history->SetParam(row, part.space[i].name, part.space[i].distribution, part.values[i]);
    assumed_[row].push_back(part.space[i]);
  }
}

void AssumedParams::Set(int64_t row, std::string_view name) {
  if (const auto assumed = assumed_.find(row); assumed != assumed_.end()) {
    std::erase_if(assumed->second, [&](const NamedDistribution& parameter) { return parameter.name == name; });
  }
}

void AssumedParams::TakeBack(int64_t row, History* history) {
  const auto assumed = assumed_.find(row);
  if (assumed == assumed_.end()) return;
  for (const NamedDistribution& parameter : assumed->second) {
    history->SetParam(row, parameter.name, parameter.distribution, kAbsent);
  }
  assumed_.erase(assumed);
}

}  // namespace parzen::engine
