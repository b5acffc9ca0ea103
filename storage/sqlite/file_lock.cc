#include "storage/sqlite/file_lock.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parzen::storage::sqlite {
namespace {

constexpr int kRenewals = 10;
constexpr std::chrono::milliseconds kBetweenRenewals(20);

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
  FileLock lock(database_path);
  PARZEN_RETURN_IF_ERROR(lock.Lock());
  return lock;
}

absl::Status FileLock::Lock() {
  const std::string path = Path();
  do {
    descriptor_ = Descriptor(path, O_RDWR | O_CREAT, 0644);
    if (descriptor_.get() < 0) {
      const int error = errno;
      return absl::UnavailableError(absl::StrCat("cannot open the lock file ", path, ": ", std::strerror(error)));
    }
    int result;
    do {
      result = flock(descriptor_.get(), LOCK_EX | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
      const int error = errno;
      const std::string owner = OwnerText(descriptor_.get());
      descriptor_ = Descriptor();
      if (error != EWOULDBLOCK) return absl::UnavailableError(absl::StrCat("cannot lock ", path, ": ", std::strerror(error)));
      return absl::FailedPreconditionError(
          absl::StrCat(database_path_, " is in use by another server", owner,
                       ": a database has one owner at a time; stop that one, or give another file"));
    }
    // Between open and flock the file may have been removed: what is locked must be what others will find.
  } while (!IsInPlace());
  former_text_ = ReadText(descriptor_.get());
  WriteText(descriptor_.get(), absl::StrCat(getpid(), "\n"));
  return absl::OkStatus();
}

bool FileLock::IsInPlace() const {
  struct stat held, found;
  return fstat(descriptor_.get(), &held) == 0 && stat(Path().c_str(), &found) == 0 && held.st_dev == found.st_dev &&
         held.st_ino == found.st_ino;
}

absl::Status FileLock::Renew() {
  FileLock renewed(database_path_);
  absl::Status status;
  // A server that tries to start holds the new file until it finds the database itself locked: for a moment.
  for (int i = 0; i < kRenewals; ++i) {
    if (i > 0) std::this_thread::sleep_for(kBetweenRenewals);
    status = renewed.Lock();
    if (!absl::IsFailedPrecondition(status)) break;
  }
  if (!status.ok())
    return absl::UnavailableError(absl::StrCat(Path(), " was removed, and cannot be locked anew: ", status.message()));
  renewed.left_text_ = std::move(left_text_);
  *this = std::move(renewed);
  return absl::OkStatus();
}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  if (this != &other) {
    Release();
    database_path_ = std::move(other.database_path_);
    descriptor_ = std::move(other.descriptor_);
    former_text_ = std::move(other.former_text_);
    left_text_ = std::move(other.left_text_);
  }
  return *this;
}

FileLock::~FileLock() { Release(); }

void FileLock::Release() {
  if (descriptor_.get() < 0) return;
  // The file stays: removing it would let two processes lock two different files of that name.
  WriteText(descriptor_.get(), left_text_);
  descriptor_ = Descriptor();
}

}  // namespace parzen::storage::sqlite
