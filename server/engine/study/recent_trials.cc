#include "server/engine/study/recent_trials.h"

#include <utility>

namespace parzen::engine {
namespace {

constexpr size_t kFewValues = 256;
constexpr size_t kFewBytes = 16'384;
constexpr size_t kParamBytes = 250;  // of one parameter: its name, the distribution's text, the value as JSON

size_t AttributeBytes(const Attributes& attributes) {
  size_t bytes = 0;
  for (const auto& [key, json] : attributes) bytes += key.size() + json.size();
  return bytes;
}

size_t TextBytes(const storage::TrialRecord& record) {
  return AttributeBytes(record.user_attrs) + AttributeBytes(record.system_attrs) + record.sampler_draft.size();
}

size_t Values(const storage::TrialRecord& record) {
  return record.params.size() + record.intermediates.size() + record.constraints.size() + record.metrics.size();
}

// The draft is there twice: as text and read.
size_t Bytes(const LiveTrial& trial) {
  return sizeof(LiveTrial) + trial.record.params.size() * kParamBytes + Values(trial.record) * 64 + 2 * TextBytes(trial.record);
}

}  // namespace

bool IsSmall(const storage::TrialRecord& record) { return Values(record) <= kFewValues && TextBytes(record) <= kFewBytes; }

std::shared_ptr<const LiveTrial> RecentTrials::Find(int64_t number) const {
  const auto found = kept_.find(number);
  return found == kept_.end() ? nullptr : found->second.trial;
}

void RecentTrials::Add(std::unique_ptr<LiveTrial> trial) {
  if (!IsSmall(trial->record)) return;
  const int64_t number = trial->record.number;
  const size_t bytes = Bytes(*trial);
  Drop(number);
  kept_[number] = {std::move(trial), bytes};
  bytes_ += bytes;
  order_.push_back(number);
  while (order_.size() > most_ || bytes_ > kMostBytes) {
    Drop(order_.front());
    order_.pop_front();
  }
}

void RecentTrials::Drop(int64_t number) {
  const auto found = kept_.find(number);
  if (found == kept_.end()) return;
  bytes_ -= found->second.bytes;
  kept_.erase(found);
}

}  // namespace parzen::engine
