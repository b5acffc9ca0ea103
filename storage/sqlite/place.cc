#include "storage/sqlite/place.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/string_view.h"

namespace parzen::storage::sqlite {
namespace {

// https://www.sqlite.org/fileformat.html#the_write_ahead_log
constexpr int64_t kLogHeader = 32, kFrameHeader = 24;

absl::Status Trouble(std::string_view doing, const std::string& path) {
  const int error = errno;
  return absl::UnavailableError(absl::StrCat("cannot ", Abseil(doing), " ", path, ": ", std::strerror(error)));
}

// False where there are fewer bytes.
bool ReadAt(const Descriptor& file, int64_t offset, char* data, size_t size) {
  ssize_t got;
  do {
    got = pread(file.get(), data, size, offset);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(size);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Place>> Place::Hold(const std::string& path, bool lock) {
  std::unique_ptr<Place> place(new Place(path));
  // For writing, though nothing is written: an overlay file system shows a reader the file as it was in the layer below.
  place->descriptor_ = Descriptor(path, O_RDWR);
  if (place->descriptor_.get() < 0) return Trouble("open", path);
  PARZEN_RETURN_IF_ERROR(Remember(place->descriptor_, &place->database_));
  if (lock && flock(place->descriptor_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Trouble("lock", path);
    return absl::FailedPreconditionError(absl::StrCat(path, " is in use by another server, though nobody holds ", path,
                                                      ".lock: a database has one owner at a time; stop that one (fuser ", path,
                                                      " names it), or give another file"));
  }
  return place;
}

absl::Status Place::HoldLog(int64_t page_size) {
  page_size_ = page_size;
  log_.path = database_.path + "-wal";
  log_descriptor_ = Descriptor(log_.path, O_RDWR);
  if (log_descriptor_.get() < 0) return Trouble("open", log_.path);
  PARZEN_RETURN_IF_ERROR(Remember(log_descriptor_, &log_));
  index_.path = database_.path + "-shm";
  struct stat info;
  if (stat(index_.path.c_str(), &info) != 0) return Trouble("examine", index_.path);
  index_.device = info.st_dev;
  index_.inode = info.st_ino;
  return absl::OkStatus();
}

absl::Status Place::RememberPage(int64_t number) {
  std::string page(static_cast<size_t>(page_size_), '\0');
  if (!ReadAt(descriptor_, (number - 1) * page_size_, page.data(), page.size())) return Trouble("read", database_.path);
  page_number_ = number;
  page_ = std::move(page);
  read_ = page_;
  return absl::OkStatus();
}

absl::Status Place::Remember(const Descriptor& descriptor, File* file) {
  struct stat info;
  if (fstat(descriptor.get(), &info) != 0) return Trouble("examine", file->path);
  file->device = info.st_dev;
  file->inode = info.st_ino;
  return absl::OkStatus();
}

std::string Place::Restore() const {
  return absl::StrCat("stop the server, remove -wal and -shm, put a backup in the place of ", database_.path,
                      ", and start it again; workers keep their results until then");
}

absl::Status Place::Gone(std::string_view what, const File& file) const {
  if (&file == &database_) {
    return absl::UnavailableError(
        absl::StrCat(Abseil(what), ". Nothing is recorded until it is back: move the files of ", database_.path,
                     " (also -wal and -shm) to their place again, and the server goes on. Or ", Restore()));
  }
  // The database is there, and the log is still open: what it holds is brought into the database (Checkpointer).
  return absl::UnavailableError(absl::StrCat(
      Abseil(what), ". Nothing is recorded any more: stop the server with SIGTERM, remove what there is of ", log_.path, " and ",
      index_.path, ", and start it again; nothing that was recorded is lost, workers keep their results"));
}

absl::Status Place::Spoiled(std::string_view what) const {
  return absl::UnavailableError(absl::StrCat(Abseil(what), ". Nothing is recorded any more: ", Restore()));
}

absl::Status Place::CheckPath(const File& file) const {
  struct stat info;
  if (stat(file.path.c_str(), &info) != 0) {
    const int error = errno;
    if (error != ENOENT && error != ENOTDIR) {
      return absl::UnavailableError(absl::StrCat("cannot examine ", file.path, ": ", std::strerror(error)));
    }
    return Gone(absl::StrCat(file.path,
                             " is no longer there: it, or a directory above it, was removed or moved under the running "
                             "server"),
                file);
  }
  if (info.st_dev == file.device && info.st_ino == file.inode) return absl::OkStatus();
  return Gone(absl::StrCat(file.path, " is another file than the one that is open: it was replaced under the running server"),
              file);
}

absl::Status Place::CheckDatabase() {
  PARZEN_RETURN_IF_ERROR(CheckPath(database_));
  struct stat info;
  if (fstat(descriptor_.get(), &info) != 0) return Trouble("examine", database_.path);
  const int64_t size = info.st_size;
  if (size < largest_) {
    return Spoiled(absl::StrCat(database_.path, " was cut from ", largest_, " bytes to ", size, " under the running server"));
  }
  largest_ = size;
  if (page_.empty()) return absl::OkStatus();
  if (ReadAt(descriptor_, (page_number_ - 1) * page_size_, read_.data(), read_.size()) && read_ == page_) return absl::OkStatus();
  return Spoiled(absl::StrCat(database_.path, " was overwritten by another program under the running server"));
}

absl::Status Place::Check() {
  PARZEN_RETURN_IF_ERROR(CheckDatabase());
  PARZEN_RETURN_IF_ERROR(CheckPath(log_));
  return CheckPath(index_);
}

absl::Status Place::CheckLog(int64_t frames, int64_t probe) const {
  if (frames <= 0) return absl::OkStatus();
  struct stat info;
  if (fstat(log_descriptor_.get(), &info) != 0) return Trouble("examine", log_.path);
  const int64_t frame = kFrameHeader + page_size_;
  std::array<char, 4> word{};
  // The magic number is 377f0682 or 377f0683, by the byte order of the checksums. A frame begins with the number of its page,
  // which is never 0.
  if (info.st_size >= kLogHeader + frames * frame && ReadAt(log_descriptor_, 0, word.data(), word.size()) &&
      std::memcmp(word.data(), "\x37\x7f\x06", 3) == 0 &&
      ReadAt(log_descriptor_, kLogHeader + (probe - 1) * frame, word.data(), word.size()) && word != std::array<char, 4>{}) {
    return absl::OkStatus();
  }
  return Spoiled(absl::StrCat(log_.path, ", a part of the database, was cut or overwritten under the running server"));
}

}  // namespace parzen::storage::sqlite
