#include "storage/sqlite/schema.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/string_view.h"
#include "storage/sqlite/status.h"

namespace parzen::storage::sqlite {
namespace {

std::string RandomFileId() {
  std::random_device random;
  return absl::StrFormat("%08x%08x%08x%08x", random(), random(), random(), random());
}

absl::Status MigrateInTransaction(Connection& connection, std::span<const Migration> migrations) {
  PARZEN_ASSIGN_OR_RETURN(int64_t version, connection.QueryInt("PRAGMA user_version"));
  const bool is_new = version == 0;
  for (const Migration& migration : migrations) {
    if (migration.version <= version) continue;
    if (absl::Status status = connection.Execute(std::string(migration.sql)); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat("migration ", Abseil(migration.name), ": ", status.message()));
    }
    version = migration.version;
  }
  if (is_new) {
    PARZEN_RETURN_IF_ERROR(connection.Execute(absl::StrCat("PRAGMA application_id = ", kApplicationId)));
    PARZEN_RETURN_IF_ERROR(
        connection.Execute(absl::StrCat("INSERT INTO meta VALUES ('file_id', '", RandomFileId(), "'), ('opens', 0)")));
  }
  return connection.Execute(absl::StrCat("PRAGMA user_version = ", version));
}

}  // namespace

absl::Status Migrate(Connection& connection, std::span<const Migration> migrations) {
  PARZEN_RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
  absl::Status status = MigrateInTransaction(connection, migrations);
  if (status.ok()) status = connection.Execute("COMMIT");
  if (!status.ok()) connection.Rollback();
  return status;
}

}  // namespace parzen::storage::sqlite
