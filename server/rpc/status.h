// From the server's errors to those of the wire, once and here.

#ifndef PARZEN_SERVER_RPC_STATUS_H_
#define PARZEN_SERVER_RPC_STATUS_H_

#include <grpcpp/support/status.h>

#include <optional>

#include "absl/status/status.h"
#include "parzen/v1/error.pb.h"

namespace parzen::rpc {

// What programs read of an error: the status's own detail or, where an INVALID_ARGUMENT has none, BAD_FIELD. Nullopt for others
// without one, and for OK.
std::optional<v1::ErrorInfo> ErrorInfoOf(const absl::Status& status);

// The same code and message (cut to what a header can carry), and in grpc-status-details-bin an ErrorStatus with the ErrorInfo.
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_STATUS_H_
