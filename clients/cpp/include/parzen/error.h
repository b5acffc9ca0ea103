// What a failed call says besides its code and message.
//
// Every call of this library that can fail returns an absl::Status or absl::StatusOr; nothing throws. The code is the canonical
// gRPC code of the call, the message is the server's, for people. The machine-readable reason travels as a payload of the status.

#ifndef PARZEN_ERROR_H_
#define PARZEN_ERROR_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace parzen {
inline namespace client {

// One of the reasons that error.proto lists, e.g. "STUDY_FINISHED", "ALL_HANDED_OUT", "OUTCOME_DIFFERS", "LEASE_LOST"; empty
// where the failure did not come from a Parzen server.
std::string ErrorReason(const absl::Status& status);

// A detail of the reason by name, e.g. "field" of BAD_FIELD; empty where there is none.
std::string ErrorDetail(const absl::Status& status, std::string_view name);

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_ERROR_H_
