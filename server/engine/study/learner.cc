#include "server/engine/study/learner.h"

#include <algorithm>
#include <cmath>

#include "base/status_macros.h"

namespace parzen::engine {

namespace {

bool CouldBeDrawn(const Distribution& distribution, double value) {
  if (!std::isfinite(value)) return false;
  if (const auto* real = std::get_if<FloatDistribution>(&distribution)) return !real->log || value > 0;
  if (const auto* whole = std::get_if<IntDistribution>(&distribution)) return !whole->log || value >= 1;
  const size_t choices = std::get<CategoricalDistribution>(distribution).choices.size();
  return value >= 0 && value < static_cast<double>(choices) && value == std::floor(value);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Learner>> Learner::Create(std::shared_ptr<const StudyDefinition> definition) {
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Sampler> sampler, MakeSampler(definition->sampler, definition->directions));
  return std::unique_ptr<Learner>(new Learner(std::move(definition), std::move(sampler)));
}

Learner::Learner(std::shared_ptr<const StudyDefinition> definition, std::unique_ptr<Sampler> sampler)
    : sampler_(std::move(sampler)), history_(definition->directions) {
  SetDefinition(std::move(definition));
}

void Learner::SetDefinition(std::shared_ptr<const StudyDefinition> definition) {
  definition_ = std::move(definition);
  has_defaults_ =
      std::any_of(definition_->defaults.begin(), definition_->defaults.end(), [](const auto& v) { return v.has_value(); });
  texts_.clear();
  for (const Parameter& parameter : definition_->space.parameters()) texts_.push_back(DistributionToJson(parameter.distribution));
}

void Learner::AddRow(RowState state, std::span<const LearnedParam> params, const Outcome* outcome) {
  const int64_t row = history_.size();
  const bool forbids_repeats = definition_->ForbidsRepeats();
  if (state == RowState::kWaiting) {
    history_.Append(state);
    if (!forbids_repeats) return;
    Point point(definition_->space.size(), kAbsent);
    for (const LearnedParam& param : params) {
      if (const auto i = definition_->space.Find(param.name)) point[*i] = param.value;
    }
    Take(std::move(point));
    return;
  }
  history_.Append(RowState::kRunning);
  for (const LearnedParam& param : params) SetParameter(row, param.name, *param.distribution, param.value);
  if (has_defaults_) ApplyDefaults(row);
  if (forbids_repeats) Take(PointOf(row));
  if (outcome != nullptr) history_.Finish(row, *outcome);
}

void Learner::AdvanceStreams(const StreamPositions& positions) {
  streams_.startup = std::max(streams_.startup, positions.startup);
  streams_.tpe = std::max(streams_.tpe, positions.tpe);
}

absl::StatusOr<Suggestion> Learner::Sample(int64_t number, std::vector<NamedValue> fixed) {
  AskRequest request;
  request.number = number;
  request.space = &definition_->space;
  request.fixed = std::move(fixed);
  request.taken = definition_->ForbidsRepeats() ? &taken_ : nullptr;
  request.streams = streams_;
  absl::StatusOr<Suggestion> suggestion = sampler_->Suggest(history_, request);
  if (!suggestion.ok()) return suggestion;
  streams_ = suggestion->draft.after;
  StartRow(number);
  const SearchSpace& declared = definition_->space;
  for (size_t i = 0; i < declared.size(); ++i) {
    if (!std::isnan(suggestion->point[i])) {
      history_.SetParam(number, declared[i].name, declared[i].distribution, suggestion->point[i]);
    }
  }
  if (!suggestion->draft.relative.empty()) history_.SetRelative(number, suggestion->draft.relative);
  if (request.taken != nullptr) taken_.insert(declared.IndexOf(suggestion->point));
  return suggestion;
}

absl::StatusOr<Draft> Learner::Begin(int64_t number) {
  absl::StatusOr<Draft> draft = sampler_->Start(history_, definition_->DeclaredSpace(), number, streams_);
  if (!draft.ok()) return draft;
  streams_ = draft->after;
  StartRow(number);
  if (!draft->relative.empty()) history_.SetRelative(number, draft->relative);
  return draft;
}

absl::StatusOr<double> Learner::SampleParameter(int64_t number, std::string_view name, const Distribution& distribution,
                                                Draft* draft) {
  draft->after = streams_;  // other trials may have drawn since: a stream is the study's
  const bool had_joint_part = !draft->relative.empty();
  absl::StatusOr<double> value = sampler_->SuggestParameter(history_, name, distribution, draft);
  if (!value.ok()) return value;
  streams_ = draft->after;
  // Optuna 5.0 draws it with the first parameter that needs it; other trials' suggestions see it from then on.
  if (!had_joint_part && !draft->relative.empty()) history_.SetRelative(number, draft->relative);
  history_.SetParam(number, name, distribution, *value);
  return value;
}

void Learner::SetParameter(int64_t number, std::string_view name, const Distribution& distribution, double value) {
  if (const auto assumed = assumed_.find(number); assumed != assumed_.end()) {
    std::erase_if(assumed->second, [&](const NamedDistribution& parameter) { return parameter.name == name; });
  }
  if (CouldBeDrawn(distribution, value)) history_.SetParam(number, name, distribution, value);
}

absl::StatusOr<Sampler*> Learner::Guest(SamplerConfig config) {
  if (config.algorithm_version == 0) config.algorithm_version = NewestAlgorithmVersion(config.kind);
  const auto kept = std::find_if(guests_.begin(), guests_.end(), [&](const KeptGuest& guest) { return guest.config == config; });
  if (kept != guests_.end()) {
    std::rotate(guests_.begin(), kept, kept + 1);
    return guests_.front().sampler.get();
  }
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Sampler> made, MakeSampler(config, definition_->directions));
  if (guests_.size() == kMostGuests) guests_.pop_back();
  guests_.insert(guests_.begin(), {std::move(config), std::move(made)});
  return guests_.front().sampler.get();
}

void Learner::SetJoint(int64_t number, const JointPart& part) {
  std::vector<NamedValue> relative;
  for (size_t i = 0; i < part.values.size(); ++i) relative.push_back({part.space[i].name, part.values[i]});
  if (!relative.empty()) history_.SetRelative(number, std::move(relative));
}

void Learner::Assume(int64_t number, const JointPart& part) {
  for (size_t i = 0; i < part.values.size(); ++i) {
    history_.SetParam(number, part.space[i].name, part.space[i].distribution, part.values[i]);
    assumed_[number].push_back(part.space[i]);
  }
}

void Learner::Disown(int64_t number) {
  const auto assumed = assumed_.find(number);
  if (assumed == assumed_.end()) return;
  for (const NamedDistribution& parameter : assumed->second) {
    history_.SetParam(number, parameter.name, parameter.distribution, kAbsent);
  }
  assumed_.erase(assumed);
}

void Learner::StartRow(int64_t number) {
  if (number == history_.size()) {
    history_.Append(RowState::kRunning);
  } else {
    history_.SetState(number, RowState::kRunning);
  }
}

absl::Status Learner::Redefine(std::shared_ptr<const StudyDefinition> definition,
                               const std::vector<std::vector<std::pair<std::string, double>>>& waiting) {
  // A sampler may keep state about the history it has seen, and rows get values below: it starts anew.
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Sampler> sampler, MakeSampler(definition->sampler, definition->directions));
  sampler_ = std::move(sampler);
  guests_.clear();
  SetDefinition(std::move(definition));
  taken_.clear();
  const bool forbids_repeats = definition_->ForbidsRepeats();
  if (!has_defaults_ && !forbids_repeats) return absl::OkStatus();
  for (int64_t row = 0; row < history_.size(); ++row) {
    if (history_.state(row) == RowState::kWaiting) continue;
    if (has_defaults_) ApplyDefaults(row);
    if (forbids_repeats) Take(PointOf(row));
  }
  for (const auto& fixed : waiting) {
    if (!forbids_repeats) break;
    Point point(definition_->space.size(), kAbsent);
    for (const auto& [name, value] : fixed) {
      if (const auto i = definition_->space.Find(name)) point[*i] = value;
    }
    Take(std::move(point));
  }
  return absl::OkStatus();
}

std::string Learner::TakeState() {
  std::string state = sampler_->SaveState();
  if (state == state_) return {};
  state_ = state;
  return state;
}

void Learner::RestoreState(std::string_view state) {
  if (state.empty()) return;
  sampler_->RestoreState(state);
  state_ = state;
}

absl::StatusOr<Explanation> Learner::Explain(int64_t number, std::vector<NamedValue> fixed, const StreamPositions& streams) {
  AskRequest request;
  request.number = number;
  request.space = &definition_->space;
  request.fixed = std::move(fixed);
  request.taken = definition_->ForbidsRepeats() ? &taken_ : nullptr;
  request.streams = streams;
  return sampler_->Explain(history_, request);
}

void Learner::Prepare() { sampler_->Prepare(history_, definition_->DeclaredSpace(), history_.size()); }

Point Learner::PointOf(int64_t row) const {
  const SearchSpace& declared = definition_->space;
  Point point(declared.size(), kAbsent);
  for (size_t i = 0; i < declared.size(); ++i) {
    if (const Column* column = history_.FindColumn(declared[i].name)) point[i] = column->At(row);
  }
  return point;
}

void Learner::ApplyDefaults(int64_t row) {
  const SearchSpace& declared = definition_->space;
  Point point = PointOf(row);
  for (size_t i = 0; i < declared.size(); ++i) {
    if (!definition_->defaults[i] || !std::isnan(point[i]) || !declared.IsActive(i, point)) continue;
    const Parameter& parameter = declared[i];
    const absl::StatusOr<double> value = ToInternal(parameter.name, parameter.distribution, *definition_->defaults[i]);
    if (!value.ok()) continue;  // checked when the definition was made
    point[i] = *value;
    history_.SetParam(row, parameter.name, parameter.distribution, *value);
  }
}

void Learner::Take(Point point) {
  const SearchSpace& declared = definition_->space;
  for (size_t i = 0; i < declared.size(); ++i) {
    if (!declared.IsActive(i, point)) {
      point[i] = kAbsent;
    } else if (std::isnan(point[i]) || !Contains(declared[i].distribution, point[i])) {
      return;
    }
  }
  taken_.insert(declared.IndexOf(point));
}

size_t Learner::MemoryBytes() const {
  size_t bytes = static_cast<size_t>(history_.size()) * (1 + 8 * definition_->directions.size() + 4);
  for (const Column& column : history_.columns()) bytes += column.values.capacity() * 8 + column.distribution_of.capacity() * 4;
  for (const Column& column : history_.constraints()) bytes += column.values.capacity() * 8;
  const auto copies = static_cast<size_t>(
      std::count_if(guests_.begin(), guests_.end(), [](const KeptGuest& guest) { return !RepeatsPoints(guest.config); }));
  return (2 + copies) * bytes + taken_.capacity() * 9;  // samplers keep sorted copies
}

}  // namespace parzen::engine
