// The schema and its versions.
//
// A file's version is SQLite's user_version: the number of migrations it has seen. Its application_id says that it is Parzen's.

#ifndef PARZEN_STORAGE_SQLITE_SCHEMA_H_
#define PARZEN_STORAGE_SQLITE_SCHEMA_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "storage/migration.h"
#include "storage/sqlite/connection.h"

namespace parzen::storage::sqlite {

inline constexpr int32_t kApplicationId = 0x5061727a;  // "Parz"

using storage::Migration;

// The files of schema/, built in.
std::span<const Migration> EmbeddedMigrations();

// Runs, in one transaction, the migrations that the file has not seen. An empty database gets its application_id and file id too.
absl::Status Migrate(Connection& connection, std::span<const Migration> migrations);

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_SCHEMA_H_
