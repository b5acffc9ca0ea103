// The tables and their versions. They lie in a schema of their own, parzen; its table schema_version has one row.

#ifndef PARZEN_STORAGE_POSTGRES_SCHEMA_H_
#define PARZEN_STORAGE_POSTGRES_SCHEMA_H_

#include <span>

#include "absl/status/status.h"
#include "storage/migration.h"
#include "storage/postgres/connection.h"

namespace parzen::storage::postgres {

// The files of schema/, built in.
std::span<const Migration> EmbeddedMigrations();

// Runs the migrations that the database has not seen, one transaction each, under a lock on the row of schema_version: several
// servers may start at once. FAILED_PRECONDITION where the tables are of a newer Parzen, or may not be made.
absl::Status Migrate(Connection& connection, std::span<const Migration> migrations);

}  // namespace parzen::storage::postgres

#endif  // PARZEN_STORAGE_POSTGRES_SCHEMA_H_
