#include "storage/sqlite/log_vfs.h"

#include <atomic>
#include <cstddef>
#include <new>

namespace parzen::storage::sqlite {
namespace {

// A commit of more is written in pieces of at most so many bytes: SQLite's VFS for Unix takes no 2^17 at a time, since it never
// gets that many.
constexpr size_t kMost = size_t{1} << 16;

std::string UniqueName() {
  static std::atomic<int> count = 0;
  return "parzen-log-" + std::to_string(++count);
}

sqlite3_vfs* Real(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

}  // namespace

// SQLite allocates szOsFile bytes: this, and behind it the real VFS's file.
struct LogVfs::Log {
  sqlite3_file base{};
  bool holds = false;    // what is written until the next sync
  std::string pending;   // and this is it
  sqlite3_int64 at = 0;  // where in the file

  static constexpr size_t Offset() {
    constexpr size_t kAlignment = alignof(std::max_align_t);
    return (sizeof(Log) + kAlignment - 1) / kAlignment * kAlignment;
  }
  static Log* Of(sqlite3_file* file) { return reinterpret_cast<Log*>(file); }
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(this) + Offset()); }
  const sqlite3_io_methods& methods() { return *real()->pMethods; }

  int Flush() {
    if (pending.empty()) return SQLITE_OK;
    const int code = methods().xWrite(real(), pending.data(), static_cast<int>(pending.size()), at);
    // After a failure, too: SQLite takes back the transaction that it was for.
    pending.clear();
    return code;
  }

  int Write(const void* data, int size, sqlite3_int64 offset) {
    const auto bytes = static_cast<size_t>(size);
    const bool follows = offset == at + static_cast<sqlite3_int64>(pending.size());
    if (!holds || !follows || pending.size() + bytes > kMost) {
      if (const int code = Flush(); code != SQLITE_OK) return code;
    }
    if (!holds || bytes > kMost) return methods().xWrite(real(), data, size, offset);
    try {
      pending.append(static_cast<const char*>(data), bytes);
    } catch (const std::bad_alloc&) {
      const int code = Flush();
      return code != SQLITE_OK ? code : methods().xWrite(real(), data, size, offset);
    }
    if (pending.size() == bytes) at = offset;
    return SQLITE_OK;
  }
};

// Of the log; SQLite maps and shares the database only.
const sqlite3_io_methods LogVfs::kMethods = {
    .iVersion = 1,
    .xClose =
        [](sqlite3_file* file) {
          Log* const log = Log::Of(file);
          // What is not synced is part of no commit.
          const int code = log->methods().xClose(log->real());
          log->~Log();
          return code;
        },
    .xRead =
        [](sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
          Log* const log = Log::Of(file);
          if (const int code = log->Flush(); code != SQLITE_OK) return code;
          return log->methods().xRead(log->real(), data, size, offset);
        },
    .xWrite = [](sqlite3_file* file, const void* data, int size,
                 sqlite3_int64 offset) { return Log::Of(file)->Write(data, size, offset); },
    .xTruncate =
        [](sqlite3_file* file, sqlite3_int64 size) {
          Log* const log = Log::Of(file);
          if (const int code = log->Flush(); code != SQLITE_OK) return code;
          return log->methods().xTruncate(log->real(), size);
        },
    .xSync =
        [](sqlite3_file* file, int flags) {
          Log* const log = Log::Of(file);
          if (const int code = log->Flush(); code != SQLITE_OK) return code;
          return log->methods().xSync(log->real(), flags);
        },
    .xFileSize =
        [](sqlite3_file* file, sqlite3_int64* size) {
          Log* const log = Log::Of(file);
          if (const int code = log->Flush(); code != SQLITE_OK) return code;
          return log->methods().xFileSize(log->real(), size);
        },
    .xLock = [](sqlite3_file* file, int lock) { return Log::Of(file)->methods().xLock(Log::Of(file)->real(), lock); },
    .xUnlock = [](sqlite3_file* file, int lock) { return Log::Of(file)->methods().xUnlock(Log::Of(file)->real(), lock); },
    .xCheckReservedLock = [](sqlite3_file* file,
                             int* out) { return Log::Of(file)->methods().xCheckReservedLock(Log::Of(file)->real(), out); },
    .xFileControl =
        [](sqlite3_file* file, int operation, void* argument) {
          return Log::Of(file)->methods().xFileControl(Log::Of(file)->real(), operation, argument);
        },
    .xSectorSize = [](sqlite3_file* file) { return Log::Of(file)->methods().xSectorSize(Log::Of(file)->real()); },
    .xDeviceCharacteristics =
        [](sqlite3_file* file) { return Log::Of(file)->methods().xDeviceCharacteristics(Log::Of(file)->real()); },
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

LogVfs::LogVfs(const std::string& base)
    : name_(UniqueName()), real_(sqlite3_vfs_find(base.empty() ? nullptr : base.c_str())), vfs_(*real_) {
  vfs_.szOsFile = static_cast<int>(Log::Offset()) + real_->szOsFile;
  vfs_.zName = name_.c_str();
  vfs_.pNext = nullptr;
  vfs_.pAppData = real_;
  vfs_.xOpen = &LogVfs::Open;
  // Those that are not handed a file may look at what else their VFS has.
  vfs_.xDelete = [](sqlite3_vfs* vfs, const char* path, int sync) { return Real(vfs)->xDelete(Real(vfs), path, sync); };
  vfs_.xAccess = [](sqlite3_vfs* vfs, const char* path, int flags, int* out) {
    return Real(vfs)->xAccess(Real(vfs), path, flags, out);
  };
  vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* path, int size, char* out) {
    return Real(vfs)->xFullPathname(Real(vfs), path, size, out);
  };
  sqlite3_vfs_register(&vfs_, /*makeDflt=*/0);
}

LogVfs::~LogVfs() { sqlite3_vfs_unregister(&vfs_); }

int LogVfs::Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  if ((flags & SQLITE_OPEN_WAL) == 0) return Real(vfs)->xOpen(Real(vfs), path, file, flags, out_flags);
  Log* const log = new (file) Log;
  const int code = Real(vfs)->xOpen(Real(vfs), path, log->real(), flags, out_flags);
  if (log->real()->pMethods == nullptr) {
    log->~Log();
    return code;
  }
  // Without that, SQLite pads a commit to whole sectors, and writes some of it behind the sync.
  log->holds = (log->methods().xDeviceCharacteristics(log->real()) & SQLITE_IOCAP_POWERSAFE_OVERWRITE) != 0;
  log->base.pMethods = &kMethods;
  return code;
}

}  // namespace parzen::storage::sqlite
