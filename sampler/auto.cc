#include "sampler/auto.h"

#include <algorithm>
#include <cmath>

#include "base/status_macros.h"
#include "sampler/gp/gp_sampler.h"

namespace parzen {
namespace {

// How many parameters complete trials have, where it is more than `most`; else some number up to that.
size_t CountParameters(const History& history, size_t most) {
  if (history.columns().size() <= most) return history.columns().size();
  return static_cast<size_t>(std::count_if(history.columns().begin(), history.columns().end(), [&](const Column& column) {
    for (int64_t row = 0; row < history.size(); ++row) {
      if (history.state(row) == RowState::kComplete && !std::isnan(column.At(row))) return true;
    }
    return false;
  }));
}

}  // namespace

Sampler& AutoSampler::For(const History& history, const SearchSpace* space) const {
  if (space != nullptr && !space->empty()) {
    if (space->size() > kMostGpParameters) return *tpe_;
  } else if (algorithm_version() < gp::GpSampler::kInfersSpaces ||
             CountParameters(history, kMostGpParameters) > kMostGpParameters) {
    return *tpe_;
  }
  int64_t taught = 0;
  for (int64_t row = 0; row < history.size(); ++row) taught += history.state(row) == RowState::kComplete;
  return taught < kMostGpTrials ? *gp_ : *tpe_;
}

absl::StatusOr<double> AutoSampler::SampleParameter(const History& history, std::string_view name,
                                                    const Distribution& distribution, Draft* draft) {
  // Up to version 2 nothing but TPE has drawn any part.
  const bool may_be_joint = algorithm_version() >= gp::GpSampler::kInfersSpaces;
  const bool is_joint = may_be_joint && std::any_of(draft->relative.begin(), draft->relative.end(), [&](const NamedValue& v) {
                          return v.name == name && Contains(distribution, v.value);
                        });
  const bool by_gp = is_joint || (may_be_joint && gp::GpSampler::IsOfDesign(*draft));
  return (by_gp ? *gp_ : *tpe_).SuggestParameter(history, name, distribution, draft);
}

absl::StatusOr<ExplainedStart> AutoSampler::ExplainDefineByRun(const History& history, const AskRequest& request) {
  PARZEN_ASSIGN_OR_RETURN(ExplainedStart explained, For(history, nullptr).ExplainDefineByRun(history, request));
  if (!gp::GpSampler::IsOfDesign(explained.draft)) explained.alone = method();
  return explained;
}

}  // namespace parzen
