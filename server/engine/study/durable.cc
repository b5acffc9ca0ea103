#include "server/engine/study/durable.h"

#include <algorithm>
#include <utility>

namespace parzen::engine {

TrialCounts DurableStudy::Counts() const { return {counts_[1], counts_[2], counts_[3], counts_[4], counts_[5], imported_}; }

void DurableStudy::Apply(const Batch& batch) {
  for (const TrialEffect& effect : batch.effects) {
    if (effect.number == size()) {
      states_.push_back(effect.state);
      imported_ += effect.imported ? 1 : 0;
    } else {
      --counts_[static_cast<size_t>(states_[effect.number])];
      states_[effect.number] = effect.state;
    }
    ++counts_[static_cast<size_t>(effect.state)];
    log_.Append(effect.revision, effect.number);
    if (!effect.candidate.empty()) candidates_.Add(effect.number, effect.candidate);
  }
  if (batch.face != nullptr) face_ = batch.face;
  revision_ = std::max(revision_, batch.revision);
}

void DurableStudy::LoadRow(TrialState state, bool imported, std::span<const double> candidate) {
  if (!candidate.empty()) candidates_.Add(size(), candidate);
  states_.push_back(state);
  ++counts_[static_cast<size_t>(state)];
  imported_ += imported ? 1 : 0;
}

void DurableStudy::LoadRevisions(std::vector<RevisionLog::Entry> entries, int64_t revision) {
  log_.Load(std::move(entries));
  revision_ = revision;
}

}  // namespace parzen::engine
