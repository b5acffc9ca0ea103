// From the server's errors to gRPC's, once and here.

#ifndef PARZEN_SERVER_RPC_STATUS_H_
#define PARZEN_SERVER_RPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace parzen::rpc {

// The same code and message (cut to what a header can carry), and in grpc-status-details-bin an ErrorStatus with one ErrorInfo:
// the status's own detail or, where an INVALID_ARGUMENT has none, BAD_FIELD.
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_STATUS_H_
