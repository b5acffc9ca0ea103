// The highest revision of each study that this server has seen committed. What the database has may be less only where it has
// gone back: a standby took over that had not got the last commits, or a backup was put in its place.

#ifndef PARZEN_STORAGE_POSTGRES_MARKS_H_
#define PARZEN_STORAGE_POSTGRES_MARKS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/mutex.h"

namespace parzen::storage::postgres {

// Thread safe.
class Marks {
 public:
  void Raise(uint64_t uid, int64_t revision);
  void Forget(uint64_t uid);       // it was deleted
  int64_t Of(uint64_t uid) const;  // 0: none was seen
  std::vector<std::pair<uint64_t, int64_t>> All() const;

 private:
  mutable Mutex mutex_;
  absl::flat_hash_map<uint64_t, int64_t> marks_ GUARDED_BY(mutex_);
};

// OUT_OF_RANGE: why such a study is not to be had.
absl::Status WentBack(uint64_t uid, int64_t found, int64_t known);

// Keeps in study_owners ($1: study_id) that revision $2 was acknowledged, where the row has less; whoever owned the study does so
// no longer.
inline constexpr char kMarkLost[] =
    "UPDATE study_owners SET lost_revision = $2, epoch = epoch + 1"
    " WHERE study_id = $1 AND revision < $2 AND lost_revision < $2";

}  // namespace parzen::storage::postgres

#endif  // PARZEN_STORAGE_POSTGRES_MARKS_H_
