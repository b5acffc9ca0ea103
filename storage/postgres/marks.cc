#include "storage/postgres/marks.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace parzen::storage::postgres {

void Marks::Raise(uint64_t uid, int64_t revision) {
  const MutexLock lock(&mutex_);
  int64_t& mark = marks_[uid];
  mark = std::max(mark, revision);
}

void Marks::Forget(uint64_t uid) {
  const MutexLock lock(&mutex_);
  marks_.erase(uid);
}

int64_t Marks::Of(uint64_t uid) const {
  const MutexLock lock(&mutex_);
  const auto found = marks_.find(uid);
  return found == marks_.end() ? 0 : found->second;
}

std::vector<std::pair<uint64_t, int64_t>> Marks::All() const {
  const MutexLock lock(&mutex_);
  return {marks_.begin(), marks_.end()};
}

absl::Status WentBack(uint64_t uid, int64_t found, int64_t known) {
  return absl::OutOfRangeError(
      absl::StrFormat("the study with uid %016x has gone back: revision %d was acknowledged, and the database has revision %d",
                      uid, known, found));
}

}  // namespace parzen::storage::postgres
