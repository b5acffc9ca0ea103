// Copies a database file whose owner may be at work, from another process.

#ifndef PARZEN_STORAGE_SQLITE_BACKUP_FILE_H_
#define PARZEN_STORAGE_SQLITE_BACKUP_FILE_H_

#include <string>

#include "absl/status/status.h"

namespace parzen::storage {

// Copies the database at `from`, as it is at one moment, into a new file at `to`, as SqliteStorage::Backup does; a server may
// have it open, and goes on reading and writing meanwhile. What a killed server left in its log is copied too. Changes nothing at
// `from`. ALREADY_EXISTS where there is a file at `to`, NOT_FOUND where there is none at `from`, FAILED_PRECONDITION for a file
// that is no Parzen database or a newer one, DATA_LOSS for a damaged one.
absl::Status BackupSqliteFile(const std::string& from, const std::string& to);

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_SQLITE_BACKUP_FILE_H_
