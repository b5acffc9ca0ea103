// The HTTP transport: HTTP/1.1 with keep-alive, on which guests (server/metrics, the page) register routes. It knows none of
// them.
//
// One thread serves all connections (Boost.Beast over epoll): an open stream costs a connection and no thread. No TLS and no
// authentication of its own: for loopback, or for a network that only the monitoring reaches.

#ifndef PARZEN_SERVER_HTTP_SERVER_H_
#define PARZEN_SERVER_HTTP_SERVER_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/http/route.h"

namespace parzen::http {

struct ServerOptions {
  std::string listen;                // IP:PORT, an IPv6 address in brackets; port 0: any free one
  std::string flag;                  // whose value that is, for messages: "--metrics-listen"
  int max_connections = 256;         // at a time; more are closed unanswered
  size_t max_head_bytes = 16 << 10;  // of a request's line and headers; larger ones are answered 431
  std::chrono::milliseconds timeout{
      10'000};  // for a request to arrive, a part of an answer to be taken, a connection to stay idle
};

// Thread safe.
class Server {
 public:
  // FAILED_PRECONDITION where the address cannot be listened on, with why. Of several routes that fit a request, the one with the
  // longest path takes it. No route: 404; none for its method: 405.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options, std::vector<Route> routes);
  // Closes every connection at once, whatever is under way. Handlers are not called any more once it has returned; responders
  // that are still held do nothing.
  virtual ~Server() = default;

  virtual int port() const = 0;
};

}  // namespace parzen::http

#endif  // PARZEN_SERVER_HTTP_SERVER_H_
