// Errors of the engine: an absl::Status whose message is for people and whose payload is for programs.
//
// The message names the field, its value and what would be accepted. The payload carries a reason (the list is in
// proto/parzen/v1/error.proto) and metadata by name; the front turns it into google.rpc.ErrorInfo. Every status that leaves
// Service has one, except INTERNAL.

#ifndef PARZEN_SERVER_ERROR_ERROR_H_
#define PARZEN_SERVER_ERROR_ERROR_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace parzen::error {

// Under which the detail is kept in a status.
inline constexpr char kErrorDetailUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";

struct ErrorDetail {
  std::string reason;                                         // "STUDY_FINISHED", "BAD_FIELD", ...
  std::vector<std::pair<std::string, std::string>> metadata;  // {"field", "study.name"}
  bool operator==(const ErrorDetail&) const = default;
};

// The detail of a status; nullopt where it has none.
std::optional<ErrorDetail> GetErrorDetail(const absl::Status& status);

absl::Status MakeError(absl::StatusCode code, std::string_view message, ErrorDetail detail);

// INVALID_ARGUMENT BAD_FIELD; `message` says what is accepted and is preceded by the field's name.
absl::Status BadField(std::string_view field, std::string_view message);
// RESOURCE_EXHAUSTED with a reason LIMIT_...
absl::Status OverLimit(std::string_view reason, std::string_view message);
absl::Status NoSuchStudy(std::string_view what);
absl::Status NoSuchTrial(std::string_view message);
// FAILED_PRECONDITION with a reason.
absl::Status Precondition(std::string_view reason, std::string_view message);
// UNIMPLEMENTED NOT_IMPLEMENTED, metadata "feature".
absl::Status NotImplemented(std::string_view feature, std::string_view message);
absl::Status ShuttingDown();
// UNAVAILABLE NOT_OWNER: nothing was recorded.
absl::Status NotOwner(std::string_view message);
bool IsNotOwner(const absl::Status& status);
absl::Status RequestReused();
absl::Status StudyDeleted(std::string_view name);

// An INVALID_ARGUMENT of the sampler's own checks as a BAD_FIELD of `field`; another code stays what it is. A status that has a
// detail is left alone.
absl::Status AsBadField(absl::Status status, std::string_view field);
// What a storage answered, as a client sees it: DISK_FULL, NOT_OWNER, STORAGE_FAILED. NOT_FOUND stays NOT_FOUND. "Nothing was
// recorded."
absl::Status FromStorage(const absl::Status& status);

}  // namespace parzen::error

#endif  // PARZEN_SERVER_ERROR_ERROR_H_
