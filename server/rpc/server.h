// The gRPC port: the services of the fronts that it is given, beside gRPC's own health and reflection, and how they are started
// and stopped.

#ifndef PARZEN_SERVER_RPC_SERVER_H_
#define PARZEN_SERVER_RPC_SERVER_H_

#include <grpcpp/security/server_credentials.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/rpc/call_meter.h"
#include "server/rpc/front.h"
#include "server/security/gate.h"

namespace parzen::rpc {

struct ServerOptions {
  std::string listen = "127.0.0.1:7070";                 // HOST:PORT (port 0: any free one) or unix:PATH
  int max_message_bytes = 4 << 20;                       // received
  int64_t memory_bytes = int64_t{512} << 20;             // bound on what gRPC holds for all connections
  int max_streams = 1000;                                // calls at a time on one connection
  int64_t max_calls = 10'000;                            // unary calls at a time
  int64_t slow_call_micros = 1'000'000;                  // slower calls are logged at level info
  security::Gate* access = nullptr;                      // who may call; null: everybody. Outlives the server
  std::shared_ptr<grpc::ServerCredentials> credentials;  // null: no TLS
  CallMeter* meter = nullptr;                            // told of each call; null: nobody measures. Outlives the server
};

// A running server. Thread safe.
class Server {
 public:
  // FAILED_PRECONDITION where the address cannot be listened on, with why. No two fronts serve the same service.
  static absl::StatusOr<std::unique_ptr<Server>> Start(std::vector<std::unique_ptr<Front>> fronts, const ServerOptions& options);
  virtual ~Server() = default;  // stops at once

  // The port listened on; 0 for unix:PATH.
  virtual int port() const = 0;
  // Whether one more connection would be taken: false while file descriptors are scarce.
  virtual bool has_room() const = 0;
  // Unary calls under way, and streams that are open, of all fronts.
  virtual int64_t calls() const = 0;
  virtual int streams() const = 0;

  // What health says while the server is not draining: calls are taken either way. False where what they need is not there.
  virtual void SetServing(bool serving) = 0;
  // From now on: not serving, says health; new calls and all streams are UNAVAILABLE SHUTTING_DOWN; calls in flight go on.
  virtual void Drain() = 0;
  // Drains, waits for the calls in flight, but not much longer than `grace`, and closes the port. What the fronts call should be
  // shut down at the same time, which is what makes calls in flight end.
  virtual void Shutdown(std::chrono::milliseconds grace) = 0;
};

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_SERVER_H_
