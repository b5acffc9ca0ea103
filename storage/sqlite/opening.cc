#include "storage/sqlite/opening.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/string_view.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/status.h"

namespace parzen::storage::sqlite {
namespace {

// Somebody's sqlite3 shell may hold the write lock; longer than this, and writes fail.
constexpr int kBusyMillis = 10000;

absl::Status DamagedFile(const std::string& path, std::string_view finding) {
  return absl::DataLossError(absl::StrCat(path, " is damaged (", Abseil(finding),
                                          "); it was left as it is. Restore a backup; or copy the file and save what can be "
                                          "read: sqlite3 COPY .recover | sqlite3 NEW"));
}

// What SQLite itself finds wrong with a file, said with advice.
absl::Status WithAdvice(const std::string& path, const absl::Status& status) {
  if (status.code() != absl::StatusCode::kDataLoss) return status;
  return DamagedFile(path, std::string(status.message()));
}

// One run of PRAGMA integrity_check, which tells an I/O error as a finding: "... unable to get the page. error code=266".
absl::Status CheckIntegrity(Connection& connection, std::string_view argument) {
  // Not by the macro: GCC 12 takes the string for uninitialized there.
  const absl::StatusOr<std::string> finding =
      connection.QueryText(absl::StrCat("PRAGMA integrity_check(", Abseil(argument), ")"));
  PARZEN_RETURN_IF_ERROR(finding.status());
  if (*finding == "ok") return absl::OkStatus();
  constexpr std::string_view kCode = "error code=";
  int code = SQLITE_CORRUPT;
  if (const size_t at = finding->find(kCode); at != std::string::npos) {
    const char* digits = finding->data() + at + kCode.size();
    std::from_chars(digits, finding->data() + finding->size(), code);
  }
  if ((code & 0xff) != SQLITE_CORRUPT) return StatusFromCode(code, 0, sqlite3_errstr(code), "checking the file");
  return absl::DataLossError(finding->substr(finding->rfind('\n') + 1));  // the line before it names the database
}

absl::Status CheckPages(Connection& connection, const Connection::Target& target, int64_t full_check_bytes) {
  const int64_t size = SizeOf(target.path);
  // A checkpoint that was cut short leaves pages that are in the log only.
  if (SizeOf(target.path + "-wal") == 0) {
    PARZEN_ASSIGN_OR_RETURN(const int64_t pages, connection.QueryInt("PRAGMA page_count"));
    PARZEN_ASSIGN_OR_RETURN(const int64_t page_size, connection.QueryInt("PRAGMA page_size"));
    if (size < pages * page_size) return absl::DataLossError("the file is truncated");
  }
  if (size <= full_check_bytes) return CheckIntegrity(connection, "1");
  for (const char* table : {"meta", "studies", "study_attrs", "distributions"}) {
    PARZEN_RETURN_IF_ERROR(CheckIntegrity(connection, table));
  }
  return absl::OkStatus();
}

absl::Status CheckSeal(const Seal& seal, Connection& connection, const Connection::Target& target, int64_t full_check_bytes) {
  if (SizeOf(target.path + "-wal") > 0 || SizeOf(target.path) > full_check_bytes) return absl::OkStatus();
  PARZEN_ASSIGN_OR_RETURN(const bool is_broken, IsBroken(seal, connection, target.path));
  if (!is_broken) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      target.path,
      " is damaged: its bytes are not those that the last shutdown left; it was left as it is. Restore a backup. If you have "
      "changed it yourself with another program, remove ",
      target.path, ".lock to have it accepted"));
}

int64_t SystemMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// FILE.v1-20260131T235959Z.bak, with a number where that exists.
std::string BackupName(const std::string& path, int64_t version, int64_t now_micros) {
  const std::time_t seconds = now_micros / 1000000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);
  const std::string stem = absl::StrCat(path, ".v", version, "-", text);
  std::string name = stem + ".bak";
  for (int i = 2; Exists(name); ++i) name = absl::StrCat(stem, "-", i, ".bak");
  return name;
}

// Upgrades after a backup.
absl::Status Upgrade(Connection& connection, const SqliteOptions& options, const Connection::Target& target, int64_t version,
                     std::span<const Migration> migrations) {
  const std::string backup = BackupName(target.path, version, options.now_micros ? options.now_micros() : SystemMicros());
  if (absl::Status status = CopyInto(connection, backup, target.vfs); !status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat(target.path, " has schema version ", version,
                                     " and was not upgraded, since a backup could not be made: ", status.message()));
  }
  if (options.warn) {
    options.warn(absl::StrCat("upgrading ", target.path, " from schema version ", version, " to ", migrations.back().version,
                              "; the file as it was is kept as ", backup));
  }
  return Migrate(connection, migrations);
}

absl::Status RenameFile(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    const int error = errno;
    return absl::UnavailableError(absl::StrCat("cannot rename ", from, " to ", to, ": ", std::strerror(error)));
  }
  return SyncDirectory(to);
}

void RemoveWithJournal(const std::string& path) {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) unlink((path + suffix).c_str());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connect(const Connection::Target& target, Role role) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(target);
  if (!connection.ok()) return connection;
  sqlite3_busy_timeout((*connection)->handle(), kBusyMillis);
  // A damaged or hostile file must not reach far: no SQL functions from its schema, no unchecked cells.
  sqlite3_db_config((*connection)->handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config((*connection)->handle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // Secure deletes, Debian's default, would write every page of what is removed.
  absl::Status status =
      (*connection)
          ->Execute(
              "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
              "PRAGMA secure_delete = FAST; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864");
  if (status.ok() && role == Role::kWriter) status = (*connection)->Execute("PRAGMA cache_size = -4000");
  if (status.ok() && role == Role::kReader) status = (*connection)->Execute("PRAGMA query_only = ON");
  if (!status.ok()) return status;
  return connection;
}

absl::StatusOr<std::unique_ptr<Connection>> OpenBeside(const std::string& path, const std::string& vfs) {
  PARZEN_ASSIGN_OR_RETURN(const std::string canonical, CanonicalPath(path));
  PARZEN_ASSIGN_OR_RETURN(const Content content, Inspect(canonical, EmbeddedMigrations().back().version));
  if (content == Content::kNothing) return absl::NotFoundError(path + " does not exist, or is empty");
  const bool has_log = SizeOf(canonical + "-wal") > 0;
  PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                          Connection::Open({.path = canonical, .vfs = vfs, .flags = SQLITE_OPEN_READWRITE}));
  // Writable, since only such a connection can read a log that a killed server left; but nothing is written, and that log stays.
  if (has_log) sqlite3_db_config(connection->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_busy_timeout(connection->handle(), kBusyMillis);
  PARZEN_RETURN_IF_ERROR(connection->Execute("PRAGMA query_only = ON"));
  return connection;
}

absl::Status CreateFile(const Connection::Target& target, std::span<const Migration> migrations) {
  // SQLite would replay such a log into the new file.
  for (const char* suffix : {"-wal", "-journal"}) {
    if (SizeOf(target.path + suffix) > 0) {
      return absl::FailedPreconditionError(absl::StrCat(target.path, " does not exist, but ", target.path, suffix,
                                                        ", a part of it, does: restore the one or remove the other"));
    }
  }
  Connection::Target fresh = target;
  fresh.path += ".creating";
  fresh.flags |= SQLITE_OPEN_CREATE;
  RemoveWithJournal(fresh.path);
  {
    absl::StatusOr<std::unique_ptr<Connection>> connection = Connect(fresh, Role::kWriter);
    absl::Status status = connection.ok() ? Migrate(**connection, migrations) : connection.status();
    if (!status.ok()) {
      if (connection.ok()) connection->reset();
      RemoveWithJournal(fresh.path);
      return status;
    }
  }
  return RenameFile(fresh.path, target.path);
}

absl::Status CheckAndUpgrade(const SqliteOptions& options, const Connection::Target& target,
                             std::span<const Migration> migrations, const std::optional<Seal>& seal) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connect(target, Role::kWriter);
  if (!connection.ok()) return WithAdvice(target.path, connection.status());
  // A file that is refused keeps its log as it is.
  sqlite3_db_config((*connection)->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  absl::StatusOr<int64_t> version = (*connection)->QueryInt("PRAGMA user_version");
  if (!version.ok()) return WithAdvice(target.path, version.status());
  const int newest = migrations.back().version;
  // The header that Inspect read may be older than the log.
  if (*version > newest) return NewerVersion(target.path, *version, newest);
  if (*version < 1) return DamagedFile(target.path, "it has no schema version");
  if (absl::Status status = CheckPages(**connection, target, options.full_check_bytes); !status.ok()) {
    return WithAdvice(target.path, status);
  }
  if (seal) {
    if (absl::Status status = CheckSeal(*seal, **connection, target, options.full_check_bytes); !status.ok()) return status;
  }
  if (*version < newest) {
    if (absl::Status status = Upgrade(**connection, options, target, *version, migrations); !status.ok()) {
      return WithAdvice(target.path, status);
    }
  }
  absl::StatusOr<std::string> mode = (*connection)->QueryText("PRAGMA journal_mode = WAL");
  if (!mode.ok()) return WithAdvice(target.path, mode.status());
  if (*mode != "wal") return absl::FailedPreconditionError(absl::StrCat(target.path, ": no write-ahead log can be kept there"));
  return absl::OkStatus();
}

void PrepareLog(const std::string& database_path, int64_t bytes) {
  const std::string path = database_path + "-wal";
  // A disk that is nearly full has better use for its room.
  struct statvfs disk;
  if (statvfs(database_path.c_str(), &disk) != 0 || static_cast<int64_t>(disk.f_bavail * disk.f_frsize) < 8 * bytes) return;
  // SQLite keeps no lock on this file, so closing it here does not drop one.
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  const int64_t size = SizeOf(path);
  const std::string zeros(1 << 20, '\0');
  bool good = true;
  for (int64_t end = size; good && end < bytes;) {
    const auto wanted = static_cast<size_t>(std::min<int64_t>(bytes - end, static_cast<int64_t>(zeros.size())));
    const ssize_t written = pwrite(file, zeros.data(), wanted, end);
    good = written > 0;
    end += written;
  }
  if (!good || fsync(file) != 0) {
    [[maybe_unused]] const int ignored = ftruncate(file, size);
  }
  close(file);
}

absl::Status CopyInto(Connection& from, const std::string& to, const std::string& vfs) {
  Connection::Target partial{.path = to + ".partial", .vfs = vfs, .flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
  RemoveWithJournal(partial.path);
  absl::Status status;
  {
    PARZEN_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connection::Open(partial));
    sqlite3_backup* backup = sqlite3_backup_init(connection->handle(), "main", from.handle(), "main");
    if (backup == nullptr) return StatusFromConnection(connection->handle(), "copying to " + to);
    sqlite3_backup_step(backup, -1);
    if (const int code = sqlite3_backup_finish(backup); code != SQLITE_OK) {
      status = StatusFromConnection(connection->handle(), "copying to " + to);
    }
  }
  if (status.ok()) status = RenameFile(partial.path, to);
  if (!status.ok()) RemoveWithJournal(partial.path);
  return status;
}

}  // namespace parzen::storage::sqlite
