#include "server/engine/study/trial_table.h"

#include <algorithm>
#include <utility>

namespace parzen::engine {
namespace {

constexpr size_t kMostRecent = 128;
constexpr size_t kFewValues = 256;
constexpr size_t kFewBytes = 16'384;

size_t AttributeBytes(const Attributes& attributes) {
  size_t bytes = 0;
  for (const auto& [key, json] : attributes) bytes += key.size() + json.size();
  return bytes;
}

}  // namespace

bool IsSmall(const storage::TrialRecord& record) {
  return record.params.size() + record.intermediates.size() + record.constraints.size() + record.metrics.size() <= kFewValues &&
         AttributeBytes(record.user_attrs) + AttributeBytes(record.system_attrs) + record.sampler_draft.size() <= kFewBytes;
}

const LiveTrial* TrialTable::FindRecent(int64_t number) const {
  if (const LiveTrial* live = Find(number)) return live;
  const auto found = recent_.find(number);
  return found == recent_.end() ? nullptr : found->second.get();
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
  recent_.erase(number);  // it has ended, and something of it changes nevertheless
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
  if (IsSmall(live->second->record)) {
    recent_.insert_or_assign(number, std::move(live->second));
    recent_order_.push_back(number);
  }
  live_.erase(live);
  if (recent_order_.size() <= kMostRecent) return;
  recent_.erase(recent_order_.front());
  recent_order_.pop_front();
}

}  // namespace parzen::engine
