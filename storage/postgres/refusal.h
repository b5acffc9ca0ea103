// Whether a server that lets nobody in will do so after a while.

#ifndef PARZEN_STORAGE_POSTGRES_REFUSAL_H_
#define PARZEN_STORAGE_POSTGRES_REFUSAL_H_

#include <string>

#include "absl/status/status.h"

namespace parzen::storage::postgres {

// For a connection that could not be opened with this URL, and said `failure` (UNAVAILABLE). Asks once more for the reason:
// FAILED_PRECONDITION with the same message where the server knows no such user, password or database, or does not let the user
// in, which no waiting mends; else `failure`.
absl::Status Explain(const std::string& url, absl::Status failure);

}  // namespace parzen::storage::postgres

#endif  // PARZEN_STORAGE_POSTGRES_REFUSAL_H_
