#include "storage/postgres/loss.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/string_view.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/schema.h"

namespace parzen::storage {
namespace postgres {
namespace {

constexpr char kFind[] =
    "SELECT s.id, s.uid, o.revision, o.lost_revision FROM studies s JOIN study_owners o ON o.study_id = s.id"
    " WHERE s.name = $1 FOR UPDATE OF o";
constexpr char kRaiseStudy[] = "UPDATE studies SET revision = $2 WHERE id = $1";
constexpr char kAccept[] = "UPDATE study_owners SET revision = $2, lost_revision = 0, epoch = epoch + 1 WHERE study_id = $1";

absl::StatusOr<Setback> Accept(Connection& connection, std::string_view study) {
  PARZEN_RETURN_IF_ERROR(connection.Query("BEGIN").status());
  PARZEN_ASSIGN_OR_RETURN(const Rows rows, connection.Query(kFind, Values().Text(study)));
  if (rows.size() == 0) return absl::NotFoundError(absl::StrCat("there is no study \"", Abseil(study), "\""));
  const Setback setback{static_cast<uint64_t>(rows.Int(0, 1)), std::string(study), rows.Int(0, 2), rows.Int(0, 3)};
  if (setback.known == 0) {
    return absl::FailedPreconditionError(absl::StrCat("nothing of study \"", Abseil(study), "\" is known to be lost"));
  }
  for (const char* sql : {kRaiseStudy, kAccept}) {
    PARZEN_RETURN_IF_ERROR(connection.Query(sql, Values().Int(rows.Int(0, 0)).Int(setback.known + 1)).status());
  }
  PARZEN_RETURN_IF_ERROR(connection.Query("COMMIT").status());
  return setback;
}

}  // namespace
}  // namespace postgres

absl::StatusOr<Setback> AcceptPostgresLoss(const std::string& url, std::string_view study) {
  PARZEN_RETURN_IF_ERROR(postgres::CheckUrl(url));
  PARZEN_ASSIGN_OR_RETURN(const auto connection, postgres::Connection::Open(url));
  PARZEN_RETURN_IF_ERROR(postgres::Migrate(*connection, postgres::EmbeddedMigrations()));
  return postgres::Accept(*connection, study);
}

}  // namespace parzen::storage
