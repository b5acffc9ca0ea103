// One owner a file: an advisory lock on FILE.lock, held by the open descriptor, so that it ends with the process however that
// ends. The database file itself is not locked: the sqlite3 shell can read it.

#ifndef PARZEN_STORAGE_SQLITE_FILE_LOCK_H_
#define PARZEN_STORAGE_SQLITE_FILE_LOCK_H_

#include <string>

#include "absl/status/statusor.h"

namespace parzen::storage::sqlite {

class FileLock {
 public:
  // FAILED_PRECONDITION where another owner has it, naming its process; UNAVAILABLE where the lock file cannot be made.
  static absl::StatusOr<FileLock> Acquire(const std::string& database_path);

  FileLock() = default;
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  void Release();

  int descriptor_ = -1;
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_FILE_LOCK_H_
