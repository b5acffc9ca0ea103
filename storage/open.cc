#include "storage/open.h"

#include <utility>

#include "storage/sqlite/sqlite_storage.h"
#ifdef PARZEN_POSTGRES
#include "storage/postgres/loss.h"
#include "storage/postgres/postgres_storage.h"
#endif

namespace parzen::storage {

bool IsPostgresUrl(std::string_view location) {
  return location.starts_with("postgresql://") || location.starts_with("postgres://");
}

absl::Status BuiltWithoutPostgres() {
  return absl::FailedPreconditionError(
      "this program was built without PostgreSQL (PARZEN_POSTGRES=OFF); give the path of a file");
}

absl::StatusOr<std::unique_ptr<Storage>> OpenStorage(OpenOptions options) {
  if (IsPostgresUrl(options.location)) {
#ifdef PARZEN_POSTGRES
    return OpenPostgres(
        {.url = std::move(options.location), .committed = std::move(options.committed), .warn = std::move(options.warn)});
#else
    return BuiltWithoutPostgres();
#endif
  }
  return OpenSqlite({.path = std::move(options.location),
                     .allow_network_fs = options.allow_network_fs,
                     .committed = std::move(options.committed),
                     .warn = std::move(options.warn)});
}

absl::StatusOr<Setback> AcceptLoss(const std::string& location, std::string_view study) {
  if (!IsPostgresUrl(location)) {
    return absl::FailedPreconditionError("this is for PostgreSQL (postgresql://...): a file never goes back by itself");
  }
#ifdef PARZEN_POSTGRES
  return AcceptPostgresLoss(location, study);
#else
  (void)study;
  return BuiltWithoutPostgres();
#endif
}

}  // namespace parzen::storage
