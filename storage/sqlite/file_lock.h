// One owner a file: an advisory lock on FILE.lock, held by the open descriptor, so that it ends with the process however that
// ends. The database file itself is not locked: the sqlite3 shell can read it.

#ifndef PARZEN_STORAGE_SQLITE_FILE_LOCK_H_
#define PARZEN_STORAGE_SQLITE_FILE_LOCK_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace parzen::storage::sqlite {

class FileLock {
 public:
  // FAILED_PRECONDITION where another owner has it, naming its process; UNAVAILABLE where the lock file cannot be made.
  static absl::StatusOr<FileLock> Acquire(const std::string& database_path);

  // What the lock file held before: text that the former owner left, or the number of a process that was killed.
  const std::string& former_text() const { return former_text_; }
  // What the lock file will hold when the lock ends; nothing at first. It holds the number of this process until then.
  void Leave(std::string text) { left_text_ = std::move(text); }

  FileLock() = default;
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  void Release();

  int descriptor_ = -1;
  std::string former_text_, left_text_;
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_FILE_LOCK_H_
