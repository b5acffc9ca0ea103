#include "storage/postgres/schema.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/string_view.h"

namespace parzen::storage::postgres {
namespace {

// Two servers that start at once may both find that something is not there, and one of them then that it is.
constexpr int kAttempts = 5;

constexpr char kBegin[] =
    "CREATE SCHEMA IF NOT EXISTS parzen;"
    "CREATE TABLE IF NOT EXISTS schema_version (one INTEGER PRIMARY KEY CHECK (one = 1), version BIGINT NOT NULL);"
    "INSERT INTO schema_version VALUES (1, 0) ON CONFLICT DO NOTHING";

std::string RandomId() {
  std::random_device random;
  return absl::StrFormat("%08x%08x%08x%08x", random(), random(), random(), random());
}

// The version that it has then.
absl::StatusOr<int64_t> MigrateOnce(Connection& connection, const Migration& migration) {
  PARZEN_RETURN_IF_ERROR(connection.Execute("BEGIN"));
  PARZEN_ASSIGN_OR_RETURN(const Rows rows, connection.Query("SELECT version FROM schema_version FOR UPDATE"));
  if (rows.size() != 1) return absl::DataLossError("the table parzen.schema_version does not have its one row");
  const int64_t version = rows.Int(0, 0);
  if (version >= migration.version) {
    connection.Rollback();
    return version;
  }
  PARZEN_RETURN_IF_ERROR(connection.Execute(std::string(migration.sql)));
  if (version == 0) {
    PARZEN_RETURN_IF_ERROR(connection.Execute(absl::StrCat("INSERT INTO meta VALUES ('storage_id', '", RandomId(), "')")));
  }
  PARZEN_RETURN_IF_ERROR(connection.Execute(absl::StrCat("UPDATE schema_version SET version = ", migration.version, "; COMMIT")));
  return migration.version;
}

}  // namespace

absl::Status Migrate(Connection& connection, std::span<const Migration> migrations) {
  absl::Status begun;
  for (int i = 0; i < kAttempts; ++i) {
    begun = connection.Execute(kBegin);
    if (begun.ok() || connection.IsLost()) break;
  }
  // One who may not make tables may still use those that are there.
  int64_t version = 0;
  const absl::StatusOr<Rows> rows = connection.Query("SELECT version FROM schema_version");
  if (rows.ok() && rows->size() == 1) version = rows->Int(0, 0);
  if (version == 0 && !begun.ok()) {
    if (connection.IsLost()) return begun;
    return absl::FailedPreconditionError(absl::StrCat("the tables of Parzen cannot be made: ", begun.message()));
  }
  for (const Migration& migration : migrations) {
    if (migration.version <= version) continue;
    absl::StatusOr<int64_t> reached = MigrateOnce(connection, migration);
    if (!reached.ok()) {
      connection.Rollback();
      return absl::Status(reached.status().code(),
                          absl::StrCat("migration ", Abseil(migration.name), ": ", reached.status().message()));
    }
    version = *reached;
  }
  if (version <= migrations.back().version) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the tables were made by a newer Parzen: they have version ", version,
                                                    ", this program knows versions up to ", migrations.back().version,
                                                    "; they were left untouched. Use the newer program"));
}

}  // namespace parzen::storage::postgres
