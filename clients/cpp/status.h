// grpc::Status -> absl::Status, the reason kept as a payload.

#ifndef PARZEN_CLIENTS_CPP_STATUS_H_
#define PARZEN_CLIENTS_CPP_STATUS_H_

#include <string_view>

#include "absl/status/status.h"
#include "clients/cpp/proxy.h"
#include "parzen/error.h"

namespace grpc {
class Status;
}

namespace parzen {
inline namespace client {

// Codes are the same numbers. The google.rpc.ErrorInfo in the details becomes a payload that ErrorReason reads. `address` and
// `proxy`, which may be null, appear in the message of a server that cannot be reached.
absl::Status FromGrpc(const grpc::Status& status, std::string_view address, const Proxy* proxy);

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_CLIENTS_CPP_STATUS_H_
