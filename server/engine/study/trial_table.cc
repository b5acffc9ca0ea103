#include "server/engine/study/trial_table.h"

#include <algorithm>
#include <utility>

namespace parzen::engine {

const LiveTrial* TrialTable::FindRecent(int64_t number) const {
  const LiveTrial* live = Find(number);
  return live != nullptr ? live : recent_.Find(number).get();
}

LiveTrial* TrialTable::Find(int64_t number) {
  const auto found = live_.find(number);
  return found == live_.end() ? nullptr : found->second.get();
}

std::vector<LiveTrial> TrialTable::RunningOf(const std::string& worker) const {
  std::vector<LiveTrial> running;
  for (const auto& [number, trial] : live_) {
    if (trial->record.state == TrialState::kRunning && trial->record.worker == worker) running.push_back(*trial);
  }
  std::sort(running.begin(), running.end(),
            [](const LiveTrial& a, const LiveTrial& b) { return a.record.number < b.record.number; });
  return running;
}

TrialCounts TrialTable::Counts() const {
  int64_t counts[6] = {};
  for (const Index& index : index_) ++counts[static_cast<size_t>(index.state)];
  return {counts[1], counts[2], counts[3], counts[4], counts[5], imported_};
}

void TrialTable::Append(int32_t attempt, TrialState state, bool imported) {
  const int64_t number = size();
  index_.push_back({attempt, state, imported});
  imported_ += imported ? 1 : 0;
  if (state < TrialState::kComplete) ++unfinished_;
  Enqueue(number);
}

void TrialTable::Keep(LiveTrial trial) {
  const int64_t number = trial.record.number;
  live_.emplace(number, std::make_unique<LiveTrial>(std::move(trial)));
}

void TrialTable::Move(int64_t number, TrialState state, int32_t attempt) {
  Index& index = index_[number];
  if (index.state < TrialState::kComplete && state >= TrialState::kComplete) --unfinished_;
  index.state = state;
  index.attempt = attempt;
  recent_.Drop(number);  // it has ended, and something of it changes nevertheless
  Enqueue(number);
}

void TrialTable::Enqueue(int64_t number) {
  const Index& index = index_[number];
  waiting_.erase(number);
  retries_.erase(number);
  if (index.state == TrialState::kWaiting) (index.attempt == 0 ? waiting_ : retries_).insert(number);
}

void TrialTable::Settle(int64_t number, int64_t revision) {
  const auto live = live_.find(number);
  if (live == live_.end() || !live->second->ended() || live->second->record.revision != revision) return;
  recent_.Add(std::move(live->second));
  live_.erase(live);
}

}  // namespace parzen::engine
