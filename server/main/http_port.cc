#include "server/main/http_port.h"

#include <cstdint>
#include <functional>
#include <utility>

#include "base/status_macros.h"
#include "server/log/log.h"

namespace parzen {
namespace {

// Watches hold one each; of the rest, a browser has six.
constexpr int kConnections = 4096;

}  // namespace

absl::StatusOr<std::unique_ptr<http::Server>> StartHttp(const Options& options, std::vector<http::Route> routes,
                                                        std::function<bool()> has_room) {
  if (options.http_listen.empty()) return nullptr;
  http::ServerOptions http;
  http.listen = options.http_listen;
  http.flag = "--http-listen";
  http.tls = options.tls;
  http.sites.checked = true;
  http.sites.hosts = options.http_hosts;
  http.sites.hosts.push_back(options.http_listen);
  http.sites.origins = options.http_origins;
  http.max_connections = kConnections;
  http.max_body_bytes = static_cast<size_t>(options.rpc_memory_mib) << 20;
  http.has_room = std::move(has_room);
  PARZEN_ASSIGN_OR_RETURN(auto server, http::Server::Start(http, std::move(routes)));
  log::Write(log::Level::kInfo, "http", {{"address", options.http_listen}, {"port", int64_t{server->port()}}});
  return server;
}

}  // namespace parzen
