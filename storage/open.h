// Opens whichever storage a location names.

#ifndef PARZEN_STORAGE_OPEN_H_
#define PARZEN_STORAGE_OPEN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/storage.h"

namespace parzen::storage {

bool IsPostgresUrl(std::string_view location);
absl::Status BuiltWithoutPostgres();  // FAILED_PRECONDITION

struct OpenOptions {
  std::string location;           // postgresql://..., or the path of an SQLite file
  bool allow_network_fs = false;  // of SQLite: see SqliteOptions
  // Told of each commit: how many transactions were in it, and its seconds. On the writer's thread: cheap.
  std::function<void(int64_t, double)> committed;
  std::function<void(std::string_view)> warn;  // told what is worth a log line
};

// What it promises is said in sqlite/sqlite_storage.h and postgres/postgres_storage.h. FAILED_PRECONDITION for a kind of storage
// that this program was built without.
absl::StatusOr<std::unique_ptr<Storage>> OpenStorage(OpenOptions options);

// Accepts that a database has lost acknowledged results of a study: see postgres/loss.h. FAILED_PRECONDITION for a file, which
// loses none.
absl::StatusOr<Setback> AcceptLoss(const std::string& location, std::string_view study);

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_OPEN_H_
