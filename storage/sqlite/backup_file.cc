#include "storage/sqlite/backup_file.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "storage/sqlite/database_file.h"
#include "storage/sqlite/opening.h"
#include "storage/sqlite/status.h"

namespace parzen::storage {

absl::Status BackupSqliteFile(const std::string& from, const std::string& to) {
  absl::StatusOr<std::string> target = sqlite::CanonicalPath(to);
  PARZEN_RETURN_IF_ERROR(target.status());
  absl::StatusOr<std::unique_ptr<sqlite::Connection>> connection = sqlite::OpenBeside(from, "");
  PARZEN_RETURN_IF_ERROR(connection.status());
  // Also where it is the database itself.
  if (sqlite::Exists(*target)) {
    return absl::AlreadyExistsError(absl::StrCat(*target, " exists already; a backup does not replace a file"));
  }
  return sqlite::CopyInto(**connection, *target, "");
}

}  // namespace parzen::storage
