#include "server/engine/study/lived_order.h"

#include <algorithm>
#include <utility>

namespace parzen::engine {

void LivedOrder::Add(int64_t sampled_at, int64_t ended_at) {
  // An imported trial was not asked for: it came when it ended.
  trials_.push_back({sampled_at != 0 ? sampled_at : ended_at, ended_at});
}

void LivedOrder::Tell(Learner* learner) const {
  std::vector<int32_t> finished = learner->history().finished();
  std::sort(finished.begin(), finished.end(),
            [&](int32_t a, int32_t b) { return std::pair(trials_[a].ended, a) < std::pair(trials_[b].ended, b); });
  std::vector<int32_t> asked_after;
  asked_after.reserve(trials_.size());
  for (const Trial& trial : trials_) {
    const auto later = std::upper_bound(finished.begin(), finished.end(), trial.asked,
                                        [&](int64_t asked, int32_t row) { return asked < trials_[row].ended; });
    const bool itself = trial.ended != 0 && trial.ended <= trial.asked;
    const auto before = static_cast<int32_t>(later - finished.begin()) - (itself ? 1 : 0);
    asked_after.push_back(trial.asked == 0 ? -1 : before);
  }
  learner->SetLived(std::move(finished), std::move(asked_after));
}

}  // namespace parzen::engine
