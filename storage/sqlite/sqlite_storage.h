// The embedded storage: one SQLite file (or memory), one owner, one writer that commits waiting transactions together.
//
// The file can be read with the plain sqlite3 shell while the server runs (docs/storage.md explains the tables). It is owned by
// one process at a time: OpenSqlite takes a lock on FILE.lock and keeps it until the storage is destroyed.
//
// What OpenSqlite promises about a file that is already there:
//  - no Parzen database (another application_id, not SQLite at all): FAILED_PRECONDITION, not a byte of it is touched;
//  - written by a newer Parzen: FAILED_PRECONDITION, not touched;
//  - written by an older one: copied to FILE.vN-TIME.bak first, then upgraded in one transaction;
//  - truncated or damaged: DATA_LOSS with advice, never repaired silently. Files up to `full_check_bytes` are checked page by
//  page,
//    and bit by bit where the last server shut down in good order (seal.h); larger ones by size, header and small tables only;
//  - owned by another process, on a network file system, or not writable: FAILED_PRECONDITION saying which.

#ifndef PARZEN_STORAGE_SQLITE_SQLITE_STORAGE_H_
#define PARZEN_STORAGE_SQLITE_SQLITE_STORAGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/storage.h"

namespace parzen::storage {

struct SqliteOptions {
  std::string path;                             // or ":memory:": nothing is kept, everything else behaves alike
  bool allow_network_fs = false;                // SQLite's locks are not safe on most network file systems
  bool group_commit = true;                     // false: one commit a transaction (for measuring what group commit brings)
  std::string vfs;                              // SQLite VFS by name; empty for the platform's own
  int64_t full_check_bytes = int64_t{1} << 28;  // files up to this size are checked whole when they are opened
  int checkpoint_pages = 2000;                  // write-ahead log pages between two checkpoints
  std::function<int64_t()> now_micros;          // names backups; empty: the system clock
  // Told of each commit: how many transactions were in it, and its seconds. On the writer's thread: cheap.
  std::function<void(int64_t, double)> committed;
  std::function<void(std::string_view)> warn;  // told what is worth a log line: upgrades, failed commits and checkpoints
};

// Its destructor commits what is queued, calls the callbacks, and leaves a file without a write-ahead log. Its figures are
// database_bytes and wal_bytes.
class SqliteStorage : public Storage {
 public:
  // Copies everything, as it is at one moment, into a new file at `path`, which OpenSqlite can open; it appears whole or not at
  // all. Writers and readers go on meanwhile. ALREADY_EXISTS where there is a file. Waits for the copy. (backup_file.h does the
  // same from another process.)
  virtual absl::Status Backup(const std::string& path) = 0;
};

absl::StatusOr<std::unique_ptr<SqliteStorage>> OpenSqlite(SqliteOptions options);

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_SQLITE_SQLITE_STORAGE_H_
