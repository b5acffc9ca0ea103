// What the transport knows of an API. A front (server/optimizer, server/optuna) has gRPC services whose handlers are its own; the
// server registers them, counts their calls and tells the front when to end its streams. What a request is about, who may send it
// and what a log line says of it, the front tells call by call: see UnaryCall in call.h.

#ifndef PARZEN_SERVER_RPC_FRONT_H_
#define PARZEN_SERVER_RPC_FRONT_H_

#include <grpcpp/impl/codegen/service_type.h>

#include <vector>

#include "absl/status/status.h"

namespace parzen::rpc {

struct CallGate;

// Thread safe, but for Open. Outlives the gRPC server.
class Front {
 public:
  virtual ~Front() = default;

  // Its services, every call of which passes `gate`, which outlives them. Called once, before the server starts; they are valid
  // while the front is.
  virtual std::vector<grpc::Service*> Open(CallGate* gate) = 0;
  // Ends the streams that are open, and those that come later, with `status`.
  virtual void CloseStreams(const absl::Status& status) = 0;
  // Streams that are open.
  virtual int streams() const = 0;
};

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_FRONT_H_
