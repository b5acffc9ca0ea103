#include "server/engine/study/learner.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/status_macros.h"
#include "sampler/suggested.h"

namespace parzen::engine {

namespace {

bool CouldBeDrawn(const Distribution& distribution, double value) {
  if (!std::isfinite(value)) return false;
  if (const auto* real = std::get_if<FloatDistribution>(&distribution)) return !real->log || value > 0;
  if (const auto* whole = std::get_if<IntDistribution>(&distribution)) return !whole->log || value >= 1;
  const size_t choices = std::get<CategoricalDistribution>(distribution).choices.size();
  return value >= 0 && value < static_cast<double>(choices) && value == std::floor(value);
}

// The internal form of a value by the kind of parameter alone: a range may be another when the parameter is asked for, the kind
// and the choices are the same. nullopt for a value of another kind.
std::optional<double> InternalByKind(const Distribution& distribution, const Choice& value) {
  if (const auto* categorical = std::get_if<CategoricalDistribution>(&distribution)) {
    const auto found = std::find(categorical->choices.begin(), categorical->choices.end(), value);
    if (found == categorical->choices.end()) return std::nullopt;
    return static_cast<double>(found - categorical->choices.begin());
  }
  if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
  const auto* number = std::get_if<double>(&value);
  const bool fits =
      number != nullptr && (std::holds_alternative<FloatDistribution>(distribution) || *number == std::floor(*number));
  return fits ? std::optional<double>(*number) : std::nullopt;
}

// A row begins to run: a waiting one, or the next.
void StartRow(int64_t row, History* history) {
  if (row == history->size()) {
    history->Append(RowState::kRunning);
  } else {
    history->SetState(row, RowState::kRunning);
  }
}

Point PointOf(const SearchSpace& declared, const History& history, int64_t row) {
  Point point(declared.size(), kAbsent);
  for (size_t i = 0; i < declared.size(); ++i) {
    if (const Column* column = history.FindColumn(declared[i].name)) point[i] = column->At(row);
  }
  return point;
}

// Gives a row the defaults of added parameters that it lacks.
void ApplyDefaults(const StudyDefinition& definition, int64_t row, History* history) {
  const SearchSpace& declared = definition.space;
  Point point = PointOf(declared, *history, row);
  for (size_t i = 0; i < declared.size(); ++i) {
    if (!definition.defaults[i] || !std::isnan(point[i]) || !declared.IsActive(i, point)) continue;
    const Parameter& parameter = declared[i];
    const absl::StatusOr<double> value = ToInternal(parameter.name, parameter.distribution, *definition.defaults[i]);
    if (!value.ok()) continue;  // checked when the definition was made
    point[i] = *value;
    history->SetParam(row, parameter.name, parameter.distribution, *value);
  }
}

// Counts a point as handed out where it is complete.
void Take(const SearchSpace& declared, Point point, TakenPoints* taken) {
  for (size_t i = 0; i < declared.size(); ++i) {
    if (!declared.IsActive(i, point)) {
      point[i] = kAbsent;
    } else if (std::isnan(point[i]) || !Contains(declared[i].distribution, point[i])) {
      return;
    }
  }
  taken->insert(declared.IndexOf(point));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Learner>> Learner::Create(std::shared_ptr<const StudyDefinition> definition) {
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Sampler> sampler,
                          MakeSampler(definition->sampler, definition->directions, definition->warm_start));
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
    Take(definition_->space, std::move(point), &taken_);
    return;
  }
  history_.Append(RowState::kRunning);
  for (const LearnedParam& param : params) SetParameter(row, param.name, *param.distribution, param.value);
  if (has_defaults_) ApplyDefaults(*definition_, row, &history_);
  if (forbids_repeats) Take(definition_->space, PointOf(definition_->space, history_, row), &taken_);
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
  StartRow(number, &history_);
  SetSuggested(definition_->space, *suggestion, number, &history_);
  if (request.taken != nullptr) taken_.insert(definition_->space.IndexOf(suggestion->point));
  return suggestion;
}

AskRequest Learner::BeginRequest(int64_t number, const GivenValues& given, std::vector<NamedValue> fixed,
                                 const StreamPositions& streams) const {
  AskRequest request;
  request.number = number;
  request.fixed = std::move(fixed);
  request.streams = streams;
  for (const auto& [name, value] : given) {
    const Column* column = history_.FindColumn(name);
    if (column == nullptr) continue;
    if (const std::optional<double> internal = InternalByKind(column->distribution, value)) {
      request.fixed.push_back({name, *internal});
    }
  }
  return request;
}

absl::StatusOr<Draft> Learner::Begin(int64_t number, const GivenValues& given, std::vector<NamedValue> fixed) {
  absl::StatusOr<Draft> draft = sampler_->StartDefineByRun(history_, BeginRequest(number, given, std::move(fixed), streams_));
  if (!draft.ok()) return draft;
  streams_ = draft->after;
  StartRow(number, &history_);
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
  assumed_.Set(number, name);
  if (CouldBeDrawn(distribution, value)) history_.SetParam(number, name, distribution, value);
}

absl::Status Learner::Redefine(std::shared_ptr<const StudyDefinition> definition,
                               const std::vector<std::vector<std::pair<std::string, double>>>& waiting) {
  // A sampler may keep state about the history it has seen, and rows get values below: it starts anew.
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Sampler> sampler,
                          MakeSampler(definition->sampler, definition->directions, definition->warm_start));
  sampler_ = std::move(sampler);
  guests_.Clear();
  SetDefinition(std::move(definition));
  taken_.clear();
  const bool forbids_repeats = definition_->ForbidsRepeats();
  if (!has_defaults_ && !forbids_repeats) return absl::OkStatus();
  for (int64_t row = 0; row < history_.size(); ++row) {
    if (history_.state(row) == RowState::kWaiting) continue;
    if (has_defaults_) ApplyDefaults(*definition_, row, &history_);
    if (forbids_repeats) Take(definition_->space, PointOf(definition_->space, history_, row), &taken_);
  }
  for (const auto& fixed : waiting) {
    if (!forbids_repeats) break;
    Point point(definition_->space.size(), kAbsent);
    for (const auto& [name, value] : fixed) {
      if (const auto i = definition_->space.Find(name)) point[*i] = value;
    }
    Take(definition_->space, std::move(point), &taken_);
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

absl::StatusOr<ExplainedStart> Learner::ExplainBegin(int64_t number, const GivenValues& given, std::vector<NamedValue> fixed,
                                                     const StreamPositions& streams) {
  return sampler_->ExplainDefineByRun(history_, BeginRequest(number, given, std::move(fixed), streams));
}

void Learner::Prepare() { sampler_->Prepare(history_, definition_->DeclaredSpace(), history_.size()); }

size_t Learner::MemoryBytes() const {
  size_t bytes = static_cast<size_t>(history_.size()) * (1 + 8 * definition_->directions.size() + 4);
  for (const Column& column : history_.columns()) bytes += column.values.capacity() * 8 + column.distribution_of.capacity() * 4;
  for (const Column& column : history_.constraints()) bytes += column.values.capacity() * 8;
  return (2 + guests_.CopiesOfHistory()) * bytes + taken_.capacity() * 9;  // samplers keep sorted copies
}

}  // namespace parzen::engine
