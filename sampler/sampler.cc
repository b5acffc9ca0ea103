#include "sampler/sampler.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
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

// The first free point of a finite space that has the fixed values, from `start` on and around.
std::optional<Point> FindFree(const AskRequest& request, uint64_t start) {
  const uint64_t size = *request.space->FiniteSize();
  for (uint64_t i = 0; i < size; ++i) {
    const uint64_t index = (start + i) % size;
    if (request.taken->contains(index)) continue;
    Point point = request.space->PointAt(index);
    if (request.fixed.empty() || AgreesWithFixed(request, point)) return point;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Suggestion> Sampler::Suggest(const History& history, const AskRequest& request) {
  const SearchSpace& space = *request.space;
  const bool finite = request.taken != nullptr && space.FiniteSize().has_value();
  if (finite && request.fixed.empty() && request.taken->size() >= *space.FiniteSize()) {
    return absl::FailedPreconditionError(
        absl::StrCat("SPACE_EXHAUSTED: all ", *space.FiniteSize(), " points of the space have been handed out"));
  }
  Suggestion suggestion;
  for (uint32_t attempt = 0; attempt < kAttempts; ++attempt) {
    absl::StatusOr<Draft> draft = StartAttempt(history, &space, request.number, request.streams, attempt);
    if (!draft.ok()) return draft.status();
    suggestion.draft = *std::move(draft);
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
        absl::StatusOr<double> value = SuggestDeclared(history, space, i, &suggestion.draft);
        if (!value.ok()) return value.status();
        suggestion.point[i] = *value;
        drew = true;
      }
    }
    if (!finite || !drew || !request.taken->contains(space.IndexOf(suggestion.point))) return suggestion;
  }
  // Nearly all points are taken, or the model insists on taken ones.
  const uint64_t seed = algorithm_version_ == 1 ? static_cast<uint64_t>(request.number) : seed_;  // version 1 forgot the seed
  TrialStream stream(seed, request.number, "free point");
  const uint64_t start =
      std::min(static_cast<uint64_t>(stream.Uniform() * static_cast<double>(*space.FiniteSize())), *space.FiniteSize() - 1);
  if (std::optional<Point> free = FindFree(request, start)) suggestion.point = *std::move(free);
  return suggestion;
}

absl::StatusOr<Explanation> Sampler::Explain(const History& history, const AskRequest& request) {
  absl::StatusOr<Suggestion> suggestion = Suggest(history, request);
  if (!suggestion.ok()) return suggestion.status();
  Explanation explanation;
  for (size_t i = 0; i < request.space->size(); ++i) {
    if (std::isnan(suggestion->point[i])) continue;
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
