// Studies of which acknowledged results are lost, since the database has gone back (marks.h): what it takes to serve them again.

#ifndef PARZEN_STORAGE_POSTGRES_LOSS_H_
#define PARZEN_STORAGE_POSTGRES_LOSS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/replicas.h"

namespace parzen::storage {

// Accepts that what a study had beyond the database's revision is lost, and returns how much that was. The study goes on behind
// the revision that was acknowledged, so that whoever watches it misses nothing; the numbers of lost trials are given again.
// Servers may run. NOT_FOUND; FAILED_PRECONDITION where nothing of it is lost; errors of OpenPostgres.
absl::StatusOr<Setback> AcceptPostgresLoss(const std::string& url, std::string_view study);

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_POSTGRES_LOSS_H_
