#include "sampler/sampler.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "sampler/trial_stream.h"

namespace parzen {
namespace {

// How often a taken point is drawn again before a free one is looked for.
constexpr uint32_t kAttempts = 16;

const NamedValue* FindFixed(const AskRequest& request, const std::string& name) {
  const auto found =
      std::find_if(request.fixed.begin(), request.fixed.end(), [&](const NamedValue& v) { return v.name == name; });
  return found == request.fixed.end() ? nullptr : &*found;
}

// Whether a point has every fixed value that applies to it.
bool AgreesWithFixed(const AskRequest& request, const Point& point) {
  const SearchSpace& space = *request.space;
  for (const NamedValue& fixed : request.fixed) {
    const std::optional<size_t> i = space.Find(fixed.name);
    if (!i || std::isnan(point[*i])) continue;
    const Distribution& distribution = space[*i].distribution;
    if (!Contains(distribution, fixed.value)) return false;
    if (IndexOfValue(distribution, point[*i]) != IndexOfValue(distribution, fixed.value)) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<double> Sampler::SuggestParameter(const History& history, std::string_view name, const Distribution& distribution,
                                                 Draft* draft) {
  absl::StatusOr<double> value = SampleParameter(history, name, distribution, draft);
  if (!value.ok() || !completes()) return value;
  return OnDecimalGrid(distribution, *value);
}

absl::StatusOr<JointPart> Sampler::SuggestJointly(const History& history, const JointRequest& request) {
  absl::StatusOr<JointPart> part = SampleJointly(history, request);
  if (!part.ok() || !completes()) return part;
  for (size_t i = 0; i < part->values.size(); ++i) {
    part->values[i] = OnDecimalGrid(part->space[i].distribution, part->values[i]);
  }
  return part;
}

absl::StatusOr<double> Sampler::SuggestAlone(const History& history, std::string_view name, const Distribution& distribution,
                                             int64_t number, StreamPositions* streams) {
  // A joint part that came out without any parameter: none is drawn.
  Draft draft{.number = number, .before = *streams, .after = *streams, .relative = {NamedValue()}};
  absl::StatusOr<double> value = SuggestParameter(history, name, distribution, &draft);
  *streams = draft.after;
  return value;
}

absl::StatusOr<JointPart> Sampler::SampleJointly(const History& history, const JointRequest& request) {
  PARZEN_ASSIGN_OR_RETURN(Draft draft, StartAttempt(history, nullptr, request.number, request.streams, 0));
  JointPart part;
  if (request.space != nullptr) {
    for (const NamedDistribution& parameter : *request.space) {
      PARZEN_ASSIGN_OR_RETURN(const double value, SampleParameter(history, parameter.name, parameter.distribution, &draft));
      part.space.push_back(parameter);
      part.values.push_back(value);
    }
  } else {
    for (const NamedValue& joint : draft.relative) {
      const Column* column = history.FindColumn(joint.name);
      if (column == nullptr || IsSingle(column->distribution)) continue;
      part.space.push_back({joint.name, column->distribution});
      part.values.push_back(joint.value);
    }
  }
  part.after = draft.after;
  return part;
}

absl::StatusOr<Suggestion> Sampler::Suggest(const History& history, const AskRequest& request) {
  if (!completes()) return SamplePoint(history, request);
  failures_.Update(history, request.space);
  absl::StatusOr<Suggestion> suggestion = SamplePoint(history, WithParents(request));
  if (!suggestion.ok()) return suggestion;
  for (size_t i = 0; i < suggestion->point.size(); ++i) {
    const Parameter& parameter = (*request.space)[i];
    double& value = suggestion->point[i];
    if (!std::isnan(value) && FindFixed(request, parameter.name) == nullptr) value = OnDecimalGrid(parameter.distribution, value);
  }
  return suggestion;
}

absl::StatusOr<Explanation> Sampler::Explain(const History& history, const AskRequest& request) {
  if (!completes()) return ExplainPoint(history, request);
  failures_.Update(history, request.space);
  return ExplainPoint(history, WithParents(request));
}

absl::StatusOr<ExplainedStart> Sampler::ExplainDefineByRun(const History&, const AskRequest&) {
  return absl::UnimplementedError("the sampler draws the parameters of a define-by-run trial one by one");
}

AskRequest Sampler::WithParents(const AskRequest& request) const {
  const SearchSpace& space = *request.space;
  AskRequest complete = request;
  if (request.fixed.empty()) return complete;
  Point fixed(space.size(), kAbsent);
  for (const NamedValue& value : request.fixed) {
    if (const std::optional<size_t> i = space.Find(value.name)) fixed[*i] = value.value;
  }
  const absl::StatusOr<std::vector<std::vector<double>>> needed = space.ParentsNeeded(fixed);
  if (!needed.ok()) return complete;  // contradictory: what turns out inactive is left out
  for (size_t i = 0; i < space.size(); ++i) {
    const std::vector<double>& values = (*needed)[i];
    if (values.empty()) continue;
    TrialStream stream(seed_, request.number, absl::StrCat("parent ", space[i].name));
    const size_t chosen = static_cast<size_t>(stream.Uniform() * static_cast<double>(values.size()));
    complete.fixed.push_back({space[i].name, values[chosen]});
  }
  return complete;
}

bool Sampler::IsFree(const AskRequest& request, const Point& point) const {
  if (request.taken != nullptr && request.space->FiniteSize()) return !request.taken->contains(request.space->IndexOf(point));
  return !completes() || !failures_.Contains(point);
}

std::optional<Point> Sampler::FindFree(const AskRequest& request, uint64_t start) const {
  const uint64_t size = *request.space->FiniteSize();
  for (uint64_t i = 0; i < size; ++i) {
    const uint64_t index = (start + i) % size;
    if (request.taken != nullptr && request.taken->contains(index)) continue;
    Point point = request.space->PointAt(index);
    if (!IsFree(request, point)) continue;
    if (request.fixed.empty() || AgreesWithFixed(request, point)) return point;
  }
  return std::nullopt;
}

absl::StatusOr<Suggestion> Sampler::SamplePoint(const History& history, const AskRequest& request) {
  const SearchSpace& space = *request.space;
  if (request.taken != nullptr && space.FiniteSize() && request.fixed.empty() && request.taken->size() >= *space.FiniteSize()) {
    return absl::FailedPreconditionError(
        absl::StrCat("SPACE_EXHAUSTED: all ", *space.FiniteSize(), " points of the space have been handed out"));
  }
  Suggestion suggestion;
  for (uint32_t attempt = 0; attempt < kAttempts; ++attempt) {
    PARZEN_ASSIGN_OR_RETURN(suggestion.draft, StartAttempt(history, &space, request.number, request.streams, attempt));
    suggestion.point.assign(space.size(), kAbsent);
    bool drew = false;  // whether anything but fixed values went into the point
    for (size_t i = 0; i < space.size(); ++i) {
      if (!space.IsActive(i, suggestion.point)) continue;
      const Parameter& parameter = space[i];
      if (const NamedValue* fixed = FindFixed(request, parameter.name)) {
        suggestion.point[i] = fixed->value;
      } else if (IsSingle(parameter.distribution)) {
        suggestion.point[i] = ValueAt(parameter.distribution, 0);
      } else {
        PARZEN_ASSIGN_OR_RETURN(suggestion.point[i], SuggestDeclared(history, space, i, &suggestion.draft));
        drew = true;
      }
    }
    if (!drew || IsFree(request, suggestion.point)) return suggestion;
  }
  if (!space.FiniteSize()) return suggestion;
  // Nearly all points are taken, or the model insists on taken ones.
  const uint64_t seed = algorithm_version_ == 1 ? static_cast<uint64_t>(request.number) : seed_;  // version 1 forgot the seed
  TrialStream stream(seed, request.number, "free point");
  const uint64_t start =
      std::min(static_cast<uint64_t>(stream.Uniform() * static_cast<double>(*space.FiniteSize())), *space.FiniteSize() - 1);
  if (std::optional<Point> free = FindFree(request, start)) suggestion.point = *std::move(free);
  return suggestion;
}

absl::StatusOr<Explanation> Sampler::ExplainPoint(const History& history, const AskRequest& request) {
  PARZEN_ASSIGN_OR_RETURN(Suggestion suggestion, Suggest(history, request));
  Explanation explanation;
  for (size_t i = 0; i < request.space->size(); ++i) {
    if (std::isnan(suggestion.point[i])) continue;
    const Parameter& parameter = (*request.space)[i];
    ExplainedGroup group;
    group.parameters.push_back(parameter.name);
    group.method = FindFixed(request, parameter.name) != nullptr ? "fixed"
                   : IsSingle(parameter.distribution)            ? "single"
                                                                 : std::string(method());
    explanation.groups.push_back(std::move(group));
  }
  return explanation;
}

}  // namespace parzen
