// The part of GpSampler that begins define-by-run trials.

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/status_macros.h"
#include "sampler/gp/gp_sampler.h"
#include "sampler/space/uniform_quantile.h"

namespace parzen::gp {
namespace {

// The notes in a draft without joint part (an entry without a name): nothing was found to be drawn jointly; or the trial is one
// of the design, and the note is how many of its parameters have been drawn, plus one. They are stored with running trials, so
// they stay as they are.
constexpr double kNothingJoint = 0, kDesign = 1;

Draft Noted(Draft draft, double note) {
  draft.relative = {NamedValue{"", note}};
  return draft;
}

// A draft's joint part as a point.
Point PointOf(const SearchSpace& space, const Draft& draft) {
  Point point(space.size(), kAbsent);
  for (size_t i = 0; i < space.size(); ++i) {
    if (!space.IsActive(i, point)) continue;
    if (IsSingle(space[i].distribution)) point[i] = ValueAt(space[i].distribution, 0);
    for (const NamedValue& value : draft.relative) {
      if (value.name == space[i].name) point[i] = value.value;
    }
  }
  return point;
}

}  // namespace

bool GpSampler::IsOfDesign(const Draft& draft) {
  return draft.relative.size() == 1 && draft.relative[0].name.empty() && draft.relative[0].value >= kDesign;
}

double GpSampler::DesignValue(const Distribution& distribution, Draft* draft) {
  double& note = draft->relative[0].value;
  const auto dimension = static_cast<size_t>(note - kDesign);
  note += 1;
  if (IsSingle(distribution)) return ValueAt(distribution, 0);
  const double unit = draft->number == 0 ? 0.5 : design_.Coordinate(static_cast<uint64_t>(draft->number), dimension);
  return UniformQuantile(distribution, unit);
}

Point GpSampler::FixedJointly(const SearchSpace& space, const AskRequest& request) const {
  AskRequest joint;
  joint.number = request.number;
  joint.space = &space;
  for (const NamedValue& value : request.fixed) {
    const std::optional<size_t> i = space.Find(value.name);
    if (i && Contains(space[*i].distribution, value.value)) joint.fixed.push_back(value);
  }
  Point fixed(space.size(), kAbsent);
  for (const NamedValue& value : WithParents(joint).fixed) fixed[*space.Find(value.name)] = value.value;
  return fixed;
}

absl::StatusOr<Draft> GpSampler::StartDefineByRun(const History& history, const AskRequest& request) {
  if (algorithm_version() < kInfersSpaces) return Sampler::StartDefineByRun(history, request);
  const Draft begun{.number = request.number, .before = request.streams, .after = request.streams, .relative = {}, .attempt = 0};
  if (InDesign(history, request.number)) return Noted(begun, kDesign);
  inferred_.Update(history);
  const SearchSpace& space = inferred_.space();
  const Point fixed = FixedJointly(space, request);
  const std::optional<Point> point = JointPoint(history, space, request.number, fixed, SpaceOf::kCompleteTrials);
  if (!point) return Noted(begun, kNothingJoint);
  Draft draft = begun;
  for (size_t i = 0; i < space.size(); ++i) {
    if (!std::isnan((*point)[i]) && !IsSingle(space[i].distribution)) draft.relative.push_back({space[i].name, (*point)[i]});
  }
  return draft.relative.empty() ? Noted(begun, kNothingJoint) : draft;
}

absl::StatusOr<ExplainedStart> GpSampler::ExplainDefineByRun(const History& history, const AskRequest& request) {
  if (algorithm_version() < kInfersSpaces) return Sampler::ExplainDefineByRun(history, request);
  ExplainedStart explained;
  PARZEN_ASSIGN_OR_RETURN(explained.draft, StartDefineByRun(history, request));
  explained.alone = IsOfDesign(explained.draft) ? "startup" : "random";
  if (explained.draft.relative[0].name.empty()) return explained;
  const SearchSpace& space = inferred_.space();
  const Encoding encoding(space);
  const Observations observations = ReadHistory(history, encoding, request.number, algorithm_version(), SpaceOf::kCompleteTrials);
  explained.joint.method = method();
  for (const NamedValue& value : explained.draft.relative) explained.joint.parameters.push_back(value.name);
  DescribeSearch(encoding, observations, request.number, FixedJointly(space, request), PointOf(space, explained.draft),
                 &explained.joint);
  return explained;
}

}  // namespace parzen::gp
