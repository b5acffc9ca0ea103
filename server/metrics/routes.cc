#include "server/metrics/routes.h"

#include <memory>
#include <string>
#include <utility>

namespace parzen::metrics {

std::vector<http::Route> MakeRoutes(const Metrics* metrics) {
  using Responder = std::shared_ptr<http::Responder>;
  const std::string plain = "text/plain";
  std::vector<http::Route> routes;
  routes.push_back({"GET", "/metrics", [metrics](const http::Request&, const Responder& responder) {
                      responder->Answer({.content_type = "text/plain; version=0.0.4; charset=utf-8"}, metrics->Text());
                    }});
  routes.push_back({"GET", "/healthz", [plain](const http::Request&, const Responder& responder) {
                      responder->Answer({.content_type = plain}, "alive\n");
                    }});
  routes.push_back({"GET", "/readyz", [plain, metrics](const http::Request&, const Responder& responder) {
                      const std::string missing = metrics->NotReadyBecause();
                      if (missing.empty()) return responder->Answer({.content_type = plain}, "ready\n");
                      responder->Answer({.status = 503, .content_type = plain}, "not ready: " + missing + "\n");
                    }});
  return routes;
}

}  // namespace parzen::metrics
