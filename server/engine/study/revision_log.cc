#include "server/engine/study/revision_log.h"

#include <algorithm>
#include <utility>

namespace parzen::engine {

void RevisionLog::SetLatest(const Entry& entry) {
  if (entry.number >= static_cast<int64_t>(latest_.size())) latest_.resize(entry.number + 1, 0);
  if (latest_[entry.number] != 0) ++superseded_;
  latest_[entry.number] = entry.revision;
}

void RevisionLog::Append(int64_t revision, int64_t number) {
  SetLatest({revision, number});
  log_.push_back({revision, number});
  if (superseded_ > 1000 && superseded_ > log_.size() / 2) {
    std::erase_if(log_, [this](const Entry& entry) { return !IsLatest(entry); });
    superseded_ = 0;
  }
}

void RevisionLog::Load(std::vector<Entry> entries) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.revision < b.revision; });
  for (const Entry& entry : entries) SetLatest(entry);
  log_ = std::move(entries);
}

size_t RevisionLog::FirstAfter(int64_t revision) const {
  return std::upper_bound(log_.begin(), log_.end(), revision, [](int64_t r, const Entry& entry) { return r < entry.revision; }) -
         log_.begin();
}

}  // namespace parzen::engine
