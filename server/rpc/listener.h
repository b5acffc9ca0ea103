// Accepts connections for gRPC. gRPC's own listener (1.51) takes none ever again once accept(2) has failed for want of file
// descriptors; this one refuses connections while descriptors are scarce (see descriptors.h), says so in the log, and goes on.

#ifndef PARZEN_SERVER_RPC_LISTENER_H_
#define PARZEN_SERVER_RPC_LISTENER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace parzen::rpc {

// Thread safe.
class Listener {
 public:
  // `fd` is the new connection's, non-blocking, and the callee's from then on.
  using OnConnection = std::function<void(int listener_fd, int fd)>;

  // Binds `listen`: HOST:PORT (port 0: any free one; 0.0.0.0, [::] and * are every address of this machine, IPv4 and IPv6) or
  // unix:PATH, where a socket that nobody listens on is replaced. Connections wait until Start. FAILED_PRECONDITION "cannot
  // listen on ..." with why.
  static absl::StatusOr<std::unique_ptr<Listener>> Bind(const std::string& listen);
  virtual ~Listener() = default;  // stops

  // The port bound; 0 for unix:PATH.
  virtual int port() const = 0;
  // Hands out connections from now on, on a thread of its own. Once.
  virtual void Start(OnConnection on_connection) = 0;
  // Closes the address. No connection is handed out once it has returned.
  virtual void Stop() = 0;
};

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_LISTENER_H_
