#include "sampler/qmc.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "sampler/space/uniform_quantile.h"
#include "sampler/trial_stream.h"

namespace parzen {

absl::StatusOr<Draft> QmcSampler::StartAttempt(const History& history, const SearchSpace* space, int64_t number,
                                               StreamPositions streams, uint32_t attempt) {
  Draft draft{.number = number, .before = streams, .after = streams, .relative = {}, .attempt = attempt};
  if (attempt > 0) return draft;
  auto add = [&](const std::string& name, const Distribution& distribution, size_t dimension) {
    draft.relative.push_back({name, UniformQuantile(distribution, points_.Coordinate(number, dimension))});
  };
  if (space != nullptr && !space->empty()) {
    for (size_t i = 0; i < space->size(); ++i) add((*space)[i].name, (*space)[i].distribution, i);
    return draft;
  }
  if (number == 0 || history.size() == 0) return draft;
  if (history.state(0) == RowState::kWaiting || history.state(0) == RowState::kRunning) return draft;
  std::map<std::string_view, const Column*> first;
  for (const Column& column : history.columns()) {
    if (!std::isnan(column.At(0)) && first.size() < ScrambledSobol::kMaxDimensions) first.emplace(column.name, &column);
  }
  size_t dimension = 0;
  for (const auto& [name, column] : first) add(column->name, column->DistributionOf(0), dimension++);
  return draft;
}

absl::StatusOr<double> QmcSampler::SampleParameter(const History&, std::string_view name, const Distribution& distribution,
                                                   Draft* draft) {
  const auto joint =
      std::find_if(draft->relative.begin(), draft->relative.end(), [&](const NamedValue& v) { return v.name == name; });
  if (joint != draft->relative.end() && Contains(distribution, joint->value)) return joint->value;
  return UniformQuantile(distribution, TrialStream(seed(), draft->number, name, draft->attempt).Uniform());
}

}  // namespace parzen
