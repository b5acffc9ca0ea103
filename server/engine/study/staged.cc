#include "server/engine/study/staged.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "server/engine/attributes.h"
#include "server/engine/study/learned_outcome.h"
#include "server/engine/study/pareto_front.h"
#include "storage/apply.h"

namespace parzen::engine {
namespace {

// The values by which a trial may be the best one; empty where it cannot be.
std::vector<double> CandidateOf(const storage::TrialRecord& record) {
  const bool may_be = record.state == TrialState::kComplete && IsFeasible(record.constraints);
  return may_be ? record.values : std::vector<double>();
}

Outcome OutcomeOf(const storage::TrialRecord& record) {
  const storage::Intermediate* last = record.intermediates.empty() ? nullptr : &record.intermediates.back();
  return LearnedOutcome(record.state, record.failure, record.values, record.constraints, last);
}

// The rungs that a trial's record says it has entered, and those that it enters now.
std::string AddRungs(const storage::TrialRecord& record, const std::vector<RungMark>& entered) {
  std::vector<std::vector<double>> rungs;
  for (const auto& [key, json] : record.system_attrs) {
    if (key != kRungsKey) continue;
    if (auto read = RungsFromJson(json); read.ok()) rungs = *std::move(read);
  }
  for (const RungMark& mark : entered) {
    rungs.resize(mark.rung + 1);
    rungs.back() = mark.values;
  }
  return RungsToJson(rungs);
}

}  // namespace

int64_t StagedStudy::Room() const {
  const std::optional<int64_t>& max_trials = face_.definition->max_trials;
  if (!max_trials) return std::numeric_limits<int64_t>::max();
  return std::max<int64_t>(0, *max_trials - (trials_.size() - trials_.imported()));
}

void StagedStudy::Insert(LiveTrial trial, Batch* batch) {
  storage::TrialRecord& record = trial.record;
  trials_.Append(record.attempt, record.state, record.imported);
  record.revision = batch->revision = ++revision_;
  if (trial.ended()) record.told_at_revision = revision_;
  batch->effects.push_back({record.number, revision_, record.state, record.imported, CandidateOf(record)});
  const std::optional<Outcome> outcome = trial.ended() ? std::optional(OutcomeOf(record)) : std::nullopt;
  pruner_.OnInsert(record, revision_, outcome ? &*outcome : nullptr);
  if (record.state == TrialState::kComplete)
    finish_rules_.OnComplete(record.values, IsFeasible(record.constraints), record.imported);
  if (record.state == TrialState::kRunning && !record.imported) finish_rules_.OnAsked(record.started_at);
  if (trial.ended()) {
    batch->changes.emplace_back(storage::InsertTrial{std::move(record)});
  } else {
    batch->changes.emplace_back(storage::InsertTrial{record});
    trials_.Keep(std::move(trial));
  }
}

void StagedStudy::Change(storage::UpdateTrial update, Batch* batch) {
  const int64_t number = update.number;
  const TrialState state = update.state.value_or(trials_.state(number));
  const bool ends = update.state && state >= TrialState::kComplete;
  update.revision = batch->revision = ++revision_;
  if (ends) update.told_at_revision = revision_;
  trials_.Move(number, state, update.attempt.value_or(trials_.attempt(number)));
  if (state != TrialState::kRunning) leases_.Drop(number);
  TrialEffect& effect = batch->effects.emplace_back(TrialEffect{.number = number, .revision = revision_, .state = state});
  if (LiveTrial* live = trials_.Find(number)) {
    storage::TrialRecord& record = live->record;
    storage::Apply(update, &record);
    std::optional<Outcome> outcome;
    if (ends) {
      effect.candidate = CandidateOf(record);
      outcome = OutcomeOf(record);
    }
    pruner_.OnChange(update, revision_, outcome ? &*outcome : nullptr);
    if (outcome) ended_.push_back({number, *std::move(outcome)});
    if (ends && state == TrialState::kComplete) {
      finish_rules_.OnComplete(record.values, IsFeasible(record.constraints), record.imported);
    }
    if (state == TrialState::kRunning && update.started_at) finish_rules_.OnAsked(*update.started_at);
  }
  batch->changes.emplace_back(std::move(update));
}

PruneDecision StagedStudy::Decide(int64_t number, Batch* batch) {
  PruneDecision decision = pruner_.Decide(number);
  if (decision.resource) {
    Face face = face_;
    const std::string json = std::to_string(*decision.resource);
    SetAttributes({{kResourceKey, json}}, &face.system_attrs);
    storage::UpdateStudy update;
    update.system_attrs.emplace_back(kResourceKey, json);
    SetFace(std::move(face), std::move(update), batch);
  }
  const storage::TrialRecord& record = trials_.Find(number)->record;
  storage::UpdateTrial update;
  update.number = number;
  if (!decision.rungs.empty()) update.system_attrs.emplace_back(kRungsKey, AddRungs(record, decision.rungs));
  if (decision.prune && decision.reason != record.reason) update.reason = decision.reason;
  if (update.reason || !update.system_attrs.empty()) Change(std::move(update), batch);
  return decision;
}

void StagedStudy::SetFace(Face face, storage::UpdateStudy update, Batch* batch) {
  face.revision = batch->revision = ++revision_;
  face_ = std::move(face);
  update.revision = revision_;
  batch->changes.emplace_back(std::move(update));
  batch->face = std::make_shared<const Face>(face_);
}

std::string_view StagedStudy::FinishReason(const StudyDefinition& definition, int64_t now_micros) const {
  const int64_t trials = trials_.size() - trials_.imported();
  if (definition.max_trials && trials >= *definition.max_trials && trials_.unfinished() == 0) return "max_trials";
  return finish_rules_.Reached(definition, now_micros);
}

void StagedStudy::FinishIfDue(int64_t now_micros, Batch* batch) {
  if (face_.state == StudyState::kFinished) return;
  const std::string_view reason = FinishReason(*face_.definition, now_micros);
  if (reason.empty()) return;
  Face face = face_;
  face.state = StudyState::kFinished;
  const std::string json = '"' + std::string(reason) + '"';
  SetAttributes({{kFinishReasonKey, json}}, &face.system_attrs);
  storage::UpdateStudy update;
  update.state = face.state;
  update.system_attrs.emplace_back(kFinishReasonKey, json);
  SetFace(std::move(face), std::move(update), batch);
}

void StagedStudy::Delete(Batch* batch) {
  batch->changes.emplace_back(storage::DeleteStudy{});
  batch->deletes = true;
  deleted_ = true;
}

void StagedStudy::SetLease(int64_t number, int64_t deadline) {
  if (deadline == LeaseTable::kNever) {
    leases_.Drop(number);
  } else {
    leases_.Set(number, deadline);
  }
}

std::vector<Ended> StagedStudy::TakeEnded() {
  std::vector<Ended> ended;
  ended.swap(ended_);
  return ended;
}

}  // namespace parzen::engine
