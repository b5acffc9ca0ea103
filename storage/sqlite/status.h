// SQLite's result codes as absl::Status, by the rules of storage.h.

#ifndef PARZEN_STORAGE_SQLITE_STATUS_H_
#define PARZEN_STORAGE_SQLITE_STATUS_H_

#include <sqlite3.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace parzen::storage::sqlite {

// The status for a failed call: `doing` says what was tried ("writing", "opening /x/y.db"). RESOURCE_EXHAUSTED for a full disk,
// DATA_LOSS for a damaged file, UNAVAILABLE for other trouble with the file, INTERNAL for what only a bug can cause.
absl::Status StatusFromCode(int code, int system_errno, std::string_view message, std::string_view doing);

// The same for the latest failure of a connection.
absl::Status StatusFromConnection(sqlite3* db, std::string_view doing);

// True where the file or the disk is to blame, and not what was asked for: a commit failed, and the connection is to be reopened.
bool IsEnvironmentFailure(const absl::Status& status);

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_STATUS_H_
