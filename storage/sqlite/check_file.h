// Checks a database file thoroughly: SQLite's own integrity check, and everything that Parzen promises about its rows.

#ifndef PARZEN_STORAGE_SQLITE_CHECK_FILE_H_
#define PARZEN_STORAGE_SQLITE_CHECK_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace parzen::storage {

struct FileReport {
  int64_t schema_version = 0;
  int64_t studies = 0, trials = 0, requests = 0;
  // What is wrong, one sentence each, at most a few hundred; empty for a good file.
  std::vector<std::string> findings;
};

// Reads the whole file and changes nothing; a server may have it open. FAILED_PRECONDITION for a file that is no Parzen database
// or a newer one, NOT_FOUND where there is none. `vfs` as in SqliteOptions.
absl::StatusOr<FileReport> CheckSqliteFile(const std::string& path, const std::string& vfs = "");

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_SQLITE_CHECK_FILE_H_
