#include "storage/sqlite/backup_file.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/opening.h"
#include "storage/sqlite/status.h"

namespace parzen::storage {

absl::Status BackupSqliteFile(const std::string& from, const std::string& to) {
  PARZEN_ASSIGN_OR_RETURN(const std::string target, sqlite::CanonicalPath(to));
  PARZEN_ASSIGN_OR_RETURN(const std::unique_ptr<sqlite::Connection> connection, sqlite::OpenBeside(from, ""));
  // Also where it is the database itself.
  if (sqlite::Exists(target)) {
    return absl::AlreadyExistsError(absl::StrCat(target, " exists already; a backup does not replace a file"));
  }
  return sqlite::CopyInto(*connection, target, "");
}

}  // namespace parzen::storage
