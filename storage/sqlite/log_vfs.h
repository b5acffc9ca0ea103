// An SQLite VFS that writes a commit into the write-ahead log in one piece, a large one in few.
//
// SQLite writes a page into the log in two pieces, the frame's header and the page itself: a commit of four pages is eight system
// calls and a ninth that syncs it. But nobody reads them before the log's index says that they are there, which SQLite has it say
// only after the sync. So they are put together in memory and written right before that.
//
// For one connection, a writer with synchronous=FULL: with less, SQLite would count frames as written without a sync behind them.
// All other files, and other connections' log, are passed through. What a rolled back transaction has put into memory is
// overwritten by the next, as it would be in the file; only what is read again is written before.

#ifndef PARZEN_STORAGE_SQLITE_LOG_VFS_H_
#define PARZEN_STORAGE_SQLITE_LOG_VFS_H_

#include <sqlite3.h>

#include <string>

namespace parzen::storage::sqlite {

class LogVfs {
 public:
  // Over another VFS, by its name; empty: the platform's own. That one outlives it, and it outlives its connections.
  explicit LogVfs(const std::string& base);
  ~LogVfs();
  LogVfs(const LogVfs&) = delete;
  LogVfs& operator=(const LogVfs&) = delete;

  const std::string& name() const { return name_; }

 private:
  struct Log;
  static const sqlite3_io_methods kMethods;

  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags);

  const std::string name_;
  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_{};
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_LOG_VFS_H_
