// Copies everything from one database into another, of the same kind or the other: studies with their ids, uids, trials,
// attributes, and the answered requests that repeats are answered from.
//
// A study is copied in one transaction, then read again from the target and compared with what was read from the source, by a
// digest over all of its rows. So a copy that was cut off leaves whole studies; run again, it compares those and goes on with the
// others. A study that is in the target already and differs ends the copy: nothing in the target is changed but by adding.
//
// The source may be served meanwhile: the copy has its state at the beginning. The target may not. Not copied: what belongs to
// the database and not to its studies (its own id, owners' epochs), and the rows of deleted studies; their ids stay unused.

#ifndef PARZEN_STORAGE_COPY_COPY_H_
#define PARZEN_STORAGE_COPY_COPY_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parzen::storage {

struct CopyOptions {
  std::string from, to;  // as OpenOptions::location
  // Called after each study that was copied or compared: how many of how many.
  std::function<void(int64_t, int64_t)> progress;
};

struct CopiedStudy {
  std::string name;
  uint64_t uid = 0;
  int64_t rows = 0;  // in all tables
  int64_t trials = 0, requests = 0;
  uint64_t digest = 0;     // of both ends
  bool was_there = false;  // and equal
};

struct CopyReport {
  std::vector<CopiedStudy> studies;  // in the order of their ids
  int64_t server_requests = 0;       // that belong to no study
};

// Returns once all is in the target and compared. NOT_FOUND where there is no source; FAILED_PRECONDITION where the target is
// served, is the source itself, or holds another study of the same name, id or uid; DATA_LOSS where the target does not give back
// what was written.
absl::StatusOr<CopyReport> CopyStorage(const CopyOptions& options);

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_COPY_COPY_H_
