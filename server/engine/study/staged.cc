#include "server/engine/study/staged.h"

#include <algorithm>
#include <limits>
#include <utility>

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
    if (ends) {
      effect.candidate = CandidateOf(record);
      const storage::Intermediate* last = record.intermediates.empty() ? nullptr : &record.intermediates.back();
      ended_.push_back({number, LearnedOutcome(record.state, record.failure, record.values, record.constraints, last)});
    }
  }
  batch->changes.emplace_back(std::move(update));
}

void StagedStudy::SetFace(Face face, storage::UpdateStudy update, Batch* batch) {
  face.revision = batch->revision = ++revision_;
  face_ = std::move(face);
  update.revision = revision_;
  batch->changes.emplace_back(std::move(update));
  batch->face = std::make_shared<const Face>(face_);
}

void StagedStudy::FinishIfAllEnded(Batch* batch) {
  if (trials_.unfinished() > 0 || Room() > 0 || face_.state == StudyState::kFinished) return;
  Face face = face_;
  face.state = StudyState::kFinished;
  storage::UpdateStudy update;
  update.state = face.state;
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
