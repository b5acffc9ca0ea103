// One owner a file: an advisory lock on FILE.lock, held by the open descriptor, so that it ends with the process however that
// ends. The database file itself is not locked: the sqlite3 shell can read it.

#ifndef PARZEN_STORAGE_SQLITE_FILE_LOCK_H_
#define PARZEN_STORAGE_SQLITE_FILE_LOCK_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sqlite/descriptor.h"

namespace parzen::storage::sqlite {

class FileLock {
 public:
  // FAILED_PRECONDITION where another owner has it, naming its process; UNAVAILABLE where the lock file cannot be made.
  static absl::StatusOr<FileLock> Acquire(const std::string& database_path);

  // What the lock file held before: text that the former owner left, or the number of a process that was killed.
  const std::string& former_text() const { return former_text_; }
  // What the lock file will hold when the lock ends; nothing at first. It holds the number of this process until then.
  void Leave(std::string text) { left_text_ = std::move(text); }

  // Whether the lock file is still the one that is locked: not removed, not replaced.
  bool IsInPlace() const;
  // Makes and locks the lock file anew where it was removed. UNAVAILABLE where another process has locked the new one already.
  absl::Status Renew();

  FileLock() = default;
  FileLock(FileLock&& other) noexcept = default;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(std::string database_path) : database_path_(std::move(database_path)) {}
  std::string Path() const { return database_path_ + ".lock"; }
  absl::Status Lock();
  void Release();

  std::string database_path_;
  Descriptor descriptor_;
  std::string former_text_, left_text_;
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_FILE_LOCK_H_
