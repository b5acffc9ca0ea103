// Where a call meets the security gate (server/security/gate.h): who calls, and whether the method is allowed.

#ifndef PARZEN_SERVER_RPC_ADMISSION_H_
#define PARZEN_SERVER_RPC_ADMISSION_H_

#include <grpcpp/server_context.h>

#include "absl/status/statusor.h"
#include "server/security/gate.h"
#include "server/security/method.h"

namespace parzen::rpc {

// Lets a call in, or says why not. Without a gate everybody comes in.
absl::StatusOr<security::Caller> AdmitCaller(security::Gate* gate, const security::Method& method,
                                             const grpc::CallbackServerContext& context);

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_ADMISSION_H_
