#include "storage/sqlite/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace parzen::storage::sqlite {
namespace {

// What the owner wrote, " (process 1234)", or nothing.
std::string OwnerText(int descriptor) {
  char buffer[32] = {};
  const ssize_t size = pread(descriptor, buffer, sizeof buffer - 1, 0);
  int64_t pid = 0;
  if (size <= 0 || !absl::SimpleAtoi(buffer, &pid)) return "";
  return absl::StrCat(" (process ", pid, ")");
}

}  // namespace

absl::StatusOr<FileLock> FileLock::Acquire(const std::string& database_path) {
  const std::string path = database_path + ".lock";
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    const int error = errno;
    return absl::UnavailableError(absl::StrCat("cannot open the lock file ", path, ": ", std::strerror(error)));
  }
  FileLock lock(descriptor);
  int result;
  do {
    result = flock(descriptor, LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  if (result != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK) return absl::UnavailableError(absl::StrCat("cannot lock ", path, ": ", std::strerror(error)));
    const std::string owner = OwnerText(descriptor);
    return absl::FailedPreconditionError(
        absl::StrCat(database_path, " is in use by another server", owner,
                     ": a database has one owner at a time; stop that one, or give another file"));
  }
  // For people and for the message above; the lock does not depend on it, so a full disk is no reason to refuse.
  const std::string pid = absl::StrCat(getpid(), "\n");
  [[maybe_unused]] const bool written = ftruncate(descriptor, 0) == 0 && pwrite(descriptor, pid.data(), pid.size(), 0) > 0;
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  if (this != &other) {
    Release();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

FileLock::~FileLock() { Release(); }

void FileLock::Release() {
  if (descriptor_ < 0) return;
  // The file stays: removing it would let two processes lock two different files of that name. Its text goes with the lock.
  [[maybe_unused]] const int ignored = ftruncate(descriptor_, 0);
  close(descriptor_);
  descriptor_ = -1;
}

}  // namespace parzen::storage::sqlite
