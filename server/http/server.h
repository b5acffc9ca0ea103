// The HTTP transport: HTTP/1.1 with keep-alive, in the clear or over TLS, on which guests (server/metrics, server/page, the
// Connect protocol of server/optimizer) register routes. It knows none of them.
//
// One thread serves all connections (Boost.Beast over epoll), and one decodes large requests: an open stream costs a connection
// and no thread. Who may call is the guests' to decide; which sites of the web may is decided here (see origin.h).

#ifndef PARZEN_SERVER_HTTP_SERVER_H_
#define PARZEN_SERVER_HTTP_SERVER_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/http/origin.h"
#include "server/http/route.h"
#include "server/security/tls.h"

namespace parzen::http {

struct ServerOptions {
  std::string listen;                // HOST:PORT, an IPv6 address in brackets; port 0: any free one
  std::string flag;                  // whose value that is, for messages: "--metrics-listen"
  security::TlsOptions tls;          // enabled: nothing but TLS is spoken
  SiteOptions sites;                 // whose pages may call
  int max_connections = 256;         // at a time; more are closed unanswered
  size_t max_head_bytes = 16 << 10;  // of a request's line and headers; larger ones are answered 431
  size_t max_body_bytes = 64 << 20;  // of the requests that are being read and answered, together; more: 503
  std::chrono::milliseconds timeout{
      10'000};  // for a request to arrive (and a second for each 32 KiB), a part of an answer to be taken
  std::chrono::milliseconds idle{60'000};  // for the next request
  std::function<bool()> has_room;          // whether one more connection may be taken; null: always
};

// Thread safe.
class Server {
 public:
  // FAILED_PRECONDITION where the address cannot be listened on, with why; INVALID_ARGUMENT for certificates that are none. Of
  // several routes that fit a request, the one with the longest path takes it. No route: 404; none for its method: 405.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options, std::vector<Route> routes);
  // Closes every connection at once, whatever is under way. Handlers are not called any more once it has returned; responders
  // that are still held do nothing.
  virtual ~Server() = default;

  virtual int port() const = 0;
  // Takes no connection and no request any more, and waits until what is under way is answered and taken, but not longer than
  // `grace`.
  virtual void Shutdown(std::chrono::milliseconds grace) = 0;
};

}  // namespace parzen::http

#endif  // PARZEN_SERVER_HTTP_SERVER_H_
