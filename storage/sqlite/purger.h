// Removes what nobody can reach any more, in slices, so that no commit waits long: the rows of deleted studies, expired requests.

#ifndef PARZEN_STORAGE_SQLITE_PURGER_H_
#define PARZEN_STORAGE_SQLITE_PURGER_H_

#include <cstdint>
#include <deque>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sqlite/connection.h"

namespace parzen::storage::sqlite {

// Each slice runs inside a transaction of the caller's, who rolls back and may try again where a slice fails.
class Purger {
 public:
  // Finds what a former server left behind.
  absl::Status Resume(Connection& connection);
  void Add(const std::vector<int64_t>& study_ids) { studies_.insert(studies_.end(), study_ids.begin(), study_ids.end()); }
  bool HasWork() const { return !studies_.empty(); }
  // A slice of the first study. Committed is to be called once the slice is committed.
  absl::Status RemoveSlice(Connection& connection);
  void Committed();

  // Removes a slice of the requests that expired before `now`; true where more are left.
  static absl::StatusOr<bool> ExpireSlice(Connection& connection, int64_t now);

 private:
  std::deque<int64_t> studies_;
  bool finished_ = false;  // the slice was the study's last
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_PURGER_H_
