// What the metrics show over HTTP: GET /metrics (Prometheus' text format), /healthz (200 while the process lives) and /readyz
// (200 while calls are served, else 503 with why not).

#ifndef PARZEN_SERVER_METRICS_ROUTES_H_
#define PARZEN_SERVER_METRICS_ROUTES_H_

#include <vector>

#include "server/http/route.h"
#include "server/metrics/metrics.h"

namespace parzen::metrics {

// `metrics` outlives the server that they are registered on.
std::vector<http::Route> MakeRoutes(const Metrics* metrics);

}  // namespace parzen::metrics

#endif  // PARZEN_SERVER_METRICS_ROUTES_H_
