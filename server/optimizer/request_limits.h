// The server's limits (server/security/limits.h) on what a request of parzen.v1 may hold.

#ifndef PARZEN_SERVER_OPTIMIZER_REQUEST_LIMITS_H_
#define PARZEN_SERVER_OPTIMIZER_REQUEST_LIMITS_H_

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "server/security/limits.h"

namespace parzen::optimizer {

// Whether a request (any message of parzen.v1) keeps the limits on what it holds: parameters, choices, attributes, page size.
// Looks into CreateStudy, UpdateStudy, Suggest, UpdateTrial, Enqueue, AddTrials and the lists; the others hold nothing that is
// limited here.
absl::Status CheckRequest(const security::Limits& limits, const google::protobuf::Message& request);

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_REQUEST_LIMITS_H_
