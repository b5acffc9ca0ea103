// A small HTTP port beside the gRPC one: GET /metrics (Prometheus' text format), /healthz (200 while the process lives) and
// /readyz (200 while calls are served, else 503). Everything else is 404. No authentication and no TLS: listen on loopback or on
// a network that only the monitoring reaches.

#ifndef PARZEN_SERVER_METRICS_HTTP_SERVER_H_
#define PARZEN_SERVER_METRICS_HTTP_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/metrics/metrics.h"

namespace parzen::metrics {

// Serves until it is destroyed, on two threads of its own.
class HttpServer {
 public:
  // `listen` is IP:PORT (port 0: any free one). `metrics` outlives the server. FAILED_PRECONDITION where the address cannot be
  // listened on. Once a process at a time.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& listen, const Metrics* metrics);
  virtual ~HttpServer() = default;

  virtual int port() const = 0;
  // What /readyz answers; not ready at first.
  virtual void SetReady(bool ready) = 0;
};

}  // namespace parzen::metrics

#endif  // PARZEN_SERVER_METRICS_HTTP_SERVER_H_
