// One open database: its place, its lock and its connections.
//
// A file has one connection for writing and as many for reading as are in use at once. A database in memory has one connection,
// which readers and the writer take in turn.

#ifndef PARZEN_STORAGE_SQLITE_DATABASE_H_
#define PARZEN_STORAGE_SQLITE_DATABASE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/file_lock.h"
#include "storage/sqlite/log_vfs.h"
#include "storage/sqlite/opening.h"
#include "storage/sqlite/place.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/sqlite_storage.h"
#include "storage/storage.h"

namespace parzen::storage::sqlite {

// The log may grow to this many times the pages between two checkpoints before the writer is held for a moment (checkpointer.h).
inline constexpr int kLogFactor = 2;

class Database {
 public:
  // Does all that sqlite_storage.h promises about opening. `migrations` are EmbeddedMigrations() but in tests.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const SqliteOptions& options, std::span<const Migration> migrations);
  // Leaves no write-ahead log, unless the files are not in their place any more: then whatever lies there is not touched.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // A connection for as long as the lease lives.
  class Lease {
   public:
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }
    // Closes the connection instead of keeping it: after an I/O error it is not to be trusted.
    void Discard();

   private:
    friend class Database;
    Lease(Database* database, std::unique_ptr<Connection> connection, bool writes)
        : database_(database), connection_(std::move(connection)), writes_(writes) {}

    Database* database_;
    std::unique_ptr<Connection> connection_;
    bool writes_;
  };

  absl::StatusOr<Lease> Read();
  // For one thread, the writer.
  absl::StatusOr<Lease> Write();
  // A connection of its own, for the checkpointer and for backups; files only.
  absl::StatusOr<std::unique_ptr<Connection>> Connect();

  // UNAVAILABLE where a file of the database was removed, replaced, moved or cut (place.h); says so to the log when it begins and
  // when it is over. What reads or writes by a connection that is open already goes on in the files as they were. A lock file
  // that was removed is made anew.
  absl::Status CheckPlace();
  // For the writer, after each COMMIT and before anybody is told of it: also looks whether the log still holds what was written.
  absl::Status CheckCommit();
  // The same after a failure, which may come of it.
  absl::Status CheckFailure();
  // False where pages must not be moved from the log into the database: one of them is not what it was.
  bool MayCheckpoint();

  bool in_memory() const { return in_memory_; }
  const std::string& path() const { return target_.path; }
  const std::string& vfs() const { return target_.vfs; }
  const std::string& file_id() const { return file_id_; }
  // How often the file has been opened, this time included.
  int64_t opens() const { return opens_; }
  int64_t DatabaseBytes();
  int64_t LogBytes() const;

  // At a shutdown in good order, when nothing is written any more: first the token, then, once the log is empty, the seal. Both
  // do nothing where the files are not in their place.
  void PutSealToken();
  void LeaveSeal();

  // Called by SQLite after each commit of the writer's connection with the pages in the write-ahead log; set before the first
  // Write.
  using CommitHook = int (*)(void* context, sqlite3* db, const char* schema, int pages);
  void SetCommitHook(CommitHook hook, void* context);

 private:
  Database() = default;
  absl::Status OpenFile(const SqliteOptions& options, std::span<const Migration> migrations);
  absl::Status OpenMemory(std::span<const Migration> migrations);
  absl::Status NoteOpening(Connection& connection);
  // Watches the files from now on. `connection` is the first.
  absl::Status WatchPlace(Connection& connection);
  absl::Status LookAtPlace() REQUIRES(place_mutex_);
  absl::Status TellPlace() REQUIRES(place_mutex_);
  absl::Status CheckLog(int64_t probe);
  // Opens a connection to the file that is held, and to no other.
  absl::StatusOr<std::unique_ptr<Connection>> ConnectAs(Role role);
  static int OnCommit(void* self, sqlite3* db, const char* schema, int pages);
  // The one connection of a database in memory, once nobody else has it.
  Lease TakeTheOnly();
  void Return(std::unique_ptr<Connection> connection, bool writes);

  Connection::Target target_;
  bool in_memory_ = false;
  std::function<void(std::string_view)> warn_;
  Mutex place_mutex_;
  std::optional<LogVfs> log_vfs_;     // of files; before the connections, which it outlives
  Connection::Target writer_target_;  // the same file by it
  // Before the connections, since its descriptors must be closed after them.
  std::unique_ptr<Place> place_ PT_GUARDED_BY(place_mutex_);
  FileLock lock_ GUARDED_BY(place_mutex_);
  bool is_lost_ GUARDED_BY(place_mutex_) = false;     // and that was told
  absl::Status log_damage_ GUARDED_BY(place_mutex_);  // once found, it stays
  int64_t frames_before_ = 0;                         // in the log at the commit before the latest; the writer's
  std::atomic<int64_t> frames_ = 0;                   // at the latest; 0 where that is not known
  std::atomic<bool> log_spoiled_ = false;             // log_damage_ is not OK
  int64_t full_check_bytes_ = 0;
  std::string seal_token_;
  std::string file_id_;
  int64_t opens_ = 0;
  CommitHook commit_hook_ = nullptr;
  void* commit_hook_context_ = nullptr;

  // Holds the index of the write-ahead log in place. Without it, a writer that closes its connection after a failed commit might
  // be the last one; the next to open the file would rebuild the index from the log, and find the commit that was said to have
  // failed.
  std::unique_ptr<Connection> anchor_;
  Mutex mutex_;
  CondVar returned_;                                                     // the only connection of a database in memory
  std::unique_ptr<Connection> writer_ GUARDED_BY(mutex_);                // the writer's, or the only one; null while it is in use
  std::vector<std::unique_ptr<Connection>> readers_ GUARDED_BY(mutex_);  // idle ones
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_DATABASE_H_
