#include "server/metrics/http_server.h"

#include <civetweb.h>

#include <atomic>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/log/log.h"

namespace parzen::metrics {
namespace {

// Answers GET and HEAD with `body`; the code for the connection's log.
int Answer(mg_connection* connection, int code, const char* type, std::string_view body) {
  const std::string_view method = mg_get_request_info(connection)->request_method;
  if (method != "GET" && method != "HEAD") {
    mg_send_http_error(connection, 405, "%s", "only GET");
    return 405;
  }
  mg_printf(connection,
            "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
            code, code == 200 ? "OK" : "Service Unavailable", type, body.size());
  if (method == "GET") mg_write(connection, body.data(), body.size());
  return code;
}

int OnMessage(const mg_connection*, const char* message) {
  log::Write(log::Level::kInfo, "http", {{"message", std::string_view(message)}});
  return 1;  // not to civetweb's own log
}

class CivetServer final : public HttpServer {
 public:
  explicit CivetServer(const Metrics* metrics) : metrics_(metrics) { mg_init_library(0); }
  ~CivetServer() override {
    if (context_ != nullptr) mg_stop(context_);
    mg_exit_library();
  }

  absl::Status Listen(const std::string& listen) {
    const char* options[] = {"listening_ports", listen.c_str(), "num_threads", "2", "request_timeout_ms", "10000", nullptr};
    mg_callbacks callbacks{};
    callbacks.log_message = &OnMessage;
    context_ = mg_start(&callbacks, this, options);
    if (context_ == nullptr) return absl::FailedPreconditionError(absl::StrCat("cannot listen on --metrics-listen ", listen));
    mg_server_port port{};
    if (mg_get_server_ports(context_, 1, &port) == 1) port_ = port.port;
    // '$' ends a pattern: without it longer paths match too.
    mg_set_request_handler(context_, "/metrics$", &OnMetrics, this);
    mg_set_request_handler(context_, "/healthz$", &OnHealth, this);
    mg_set_request_handler(context_, "/readyz$", &OnReady, this);
    return absl::OkStatus();
  }

  int port() const override { return port_; }
  void SetReady(bool ready) override { ready_ = ready; }

 private:
  static int OnMetrics(mg_connection* connection, void* self) {
    return Answer(connection, 200, "text/plain; version=0.0.4; charset=utf-8", static_cast<CivetServer*>(self)->metrics_->Text());
  }
  static int OnHealth(mg_connection* connection, void*) { return Answer(connection, 200, "text/plain", "alive\n"); }
  static int OnReady(mg_connection* connection, void* self) {
    const bool ready = static_cast<CivetServer*>(self)->ready_;
    return Answer(connection, ready ? 200 : 503, "text/plain", ready ? "ready\n" : "not ready\n");
  }

  const Metrics* const metrics_;
  std::atomic<bool> ready_{false};
  mg_context* context_ = nullptr;
  int port_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& listen, const Metrics* metrics) {
  auto server = std::make_unique<CivetServer>(metrics);
  if (absl::Status listening = server->Listen(listen); !listening.ok()) return listening;
  return server;
}

}  // namespace parzen::metrics
