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

std::string ReadText(int descriptor) {
  char buffer[256];
  const ssize_t size = pread(descriptor, buffer, sizeof buffer, 0);
  return size <= 0 ? std::string() : std::string(buffer, static_cast<size_t>(size));
}

// Nothing depends on the text but messages and seals, so that a full disk is no reason to refuse.
void WriteText(int descriptor, const std::string& text) {
  [[maybe_unused]] const bool written =
      ftruncate(descriptor, 0) == 0 && pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

// " (process 1234)", or nothing.
std::string OwnerText(int descriptor) {
  int64_t pid = 0;
  return absl::SimpleAtoi(ReadText(descriptor), &pid) ? absl::StrCat(" (process ", pid, ")") : "";
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
  lock.former_text_ = ReadText(descriptor);
  WriteText(descriptor, absl::StrCat(getpid(), "\n"));
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      former_text_(std::move(other.former_text_)),
      left_text_(std::move(other.left_text_)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  if (this != &other) {
    Release();
    descriptor_ = std::exchange(other.descriptor_, -1);
    former_text_ = std::move(other.former_text_);
    left_text_ = std::move(other.left_text_);
  }
  return *this;
}

FileLock::~FileLock() { Release(); }

void FileLock::Release() {
  if (descriptor_ < 0) return;
  // The file stays: removing it would let two processes lock two different files of that name.
  WriteText(descriptor_, left_text_);
  close(descriptor_);
  descriptor_ = -1;
}

}  // namespace parzen::storage::sqlite
