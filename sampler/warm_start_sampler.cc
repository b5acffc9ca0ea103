#include "sampler/warm_start_sampler.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "sampler/space/uniform_quantile.h"

namespace parzen {
namespace {

// A point with the values that are given and lie in the space.
Point Complete(const SearchSpace& space, const std::vector<NamedValue>& given) {
  Point point(space.size(), kAbsent);
  for (size_t i = 0; i < space.size(); ++i) {
    if (!space.IsActive(i, point)) continue;
    const auto found = std::find_if(given.begin(), given.end(), [&](const NamedValue& v) { return v.name == space[i].name; });
    const bool fits = found != given.end() && Contains(space[i].distribution, found->value);
    point[i] = fits ? found->value : OnDecimalGrid(space[i].distribution, UniformQuantile(space[i].distribution, 0.5));
  }
  return point;
}

// Whether a trial has the point: one that runs or has ended, but not `number` itself.
bool IsInHistory(const History& history, const SearchSpace& space, const Point& point, int64_t number) {
  std::vector<const Column*> columns;
  for (size_t i = 0; i < space.size(); ++i) columns.push_back(history.FindColumn(space[i].name));
  const int64_t rows = std::min(history.size(), WarmStartSampler::kFirstUntil);
  for (int64_t row = 0; row < rows; ++row) {
    if (row == number || history.state(row) == RowState::kWaiting) continue;
    bool same = true;
    for (size_t i = 0; i < space.size() && same; ++i) {
      const double value = columns[i] == nullptr ? kAbsent : columns[i]->At(row);
      same = value == point[i] || (std::isnan(value) && std::isnan(point[i]));
    }
    if (same) return true;
  }
  return false;
}

}  // namespace

std::optional<Point> WarmStartSampler::FirstPoint(const History& history, const AskRequest& request) const {
  if (request.number >= kFirstUntil || !request.fixed.empty()) return std::nullopt;
  const SearchSpace& space = *request.space;
  for (const std::vector<NamedValue>& values : warm_start_->first) {
    Point point = Complete(space, values);
    if (IsInHistory(history, space, point, request.number)) continue;
    if (request.taken != nullptr && space.FiniteSize() && request.taken->contains(space.IndexOf(point))) continue;
    return point;
  }
  return std::nullopt;
}

void WarmStartSampler::Prepare(const History& history, const SearchSpace* space, int64_t next_number) {
  if (space == nullptr || space->empty()) return sampler_->Prepare(history, space, next_number);
  AskRequest next;
  next.number = next_number;
  next.space = space;
  if (!FirstPoint(history, next)) sampler_->Prepare(history, space, next_number);
}

absl::StatusOr<Suggestion> WarmStartSampler::SamplePoint(const History& history, const AskRequest& request) {
  std::optional<Point> first = FirstPoint(history, request);
  if (!first) return sampler_->Suggest(history, request);
  Suggestion suggestion;
  suggestion.point = *std::move(first);
  suggestion.draft = {
      .number = request.number, .before = request.streams, .after = request.streams, .relative = {}, .attempt = 0};
  return suggestion;
}

absl::StatusOr<Explanation> WarmStartSampler::ExplainPoint(const History& history, const AskRequest& request) {
  const std::optional<Point> first = FirstPoint(history, request);
  if (!first) return sampler_->Explain(history, request);
  Explanation explanation;
  ExplainedGroup group;
  group.method = method();
  for (size_t i = 0; i < first->size(); ++i) {
    if (std::isnan((*first)[i])) continue;
    const Parameter& parameter = (*request.space)[i];
    if (!IsSingle(parameter.distribution)) {
      group.parameters.push_back(parameter.name);
      continue;
    }
    ExplainedGroup single;
    single.parameters = {parameter.name};
    single.method = "single";
    explanation.groups.push_back(std::move(single));
  }
  for (const EarlierStudy& study : warm_start_->studies) {
    group.model.push_back({absl::StrCat("revision.", study.name), static_cast<double>(study.revision)});
    group.model.push_back({absl::StrCat("trials.", study.name), static_cast<double>(study.trials)});
  }
  explanation.groups.push_back(std::move(group));
  return explanation;
}

}  // namespace parzen
