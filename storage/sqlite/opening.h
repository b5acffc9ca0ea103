// The steps of opening a database file.

#ifndef PARZEN_STORAGE_SQLITE_OPENING_H_
#define PARZEN_STORAGE_SQLITE_OPENING_H_

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/seal.h"
#include "storage/sqlite/sqlite_storage.h"

namespace parzen::storage::sqlite {

enum class Role { kWriter, kReader };

// Opens a file that is known to be Parzen's and sets its pragmas.
absl::StatusOr<std::unique_ptr<Connection>> Connect(const Connection::Target& target, Role role);

// Opens a file that another process may own, to read it and change nothing. NOT_FOUND where there is none, FAILED_PRECONDITION
// for a file that is no Parzen database or a newer one.
absl::StatusOr<std::unique_ptr<Connection>> OpenBeside(const std::string& path, const std::string& vfs);

// Makes a new database at the target's path: built under another name and renamed, so that it exists whole or not at all.
absl::Status CreateFile(const Connection::Target& target, std::span<const Migration> migrations);

// Checks a file that is there, by its seal too where the last owner left one, and upgrades an older one after a backup. Called by
// the owner, before any other connection.
absl::Status CheckAndUpgrade(const SqliteOptions& options, const Connection::Target& target,
                             std::span<const Migration> migrations, const std::optional<Seal>& seal);

// Fills the write-ahead log up to `bytes` with zeros, which no reader takes for frames: a sync of a file that grows has to write
// the file system's books too, and takes half as long again. Does nothing where that fails, or where little room is left.
void PrepareLog(const std::string& database_path, int64_t bytes);

// Copies the whole database into a new file at `to`, which appears whole or not at all.
absl::Status CopyInto(Connection& from, const std::string& to, const std::string& vfs);

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_OPENING_H_
