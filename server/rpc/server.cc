#include "server/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/error/error.h"
#include "server/log/log.h"
#include "server/rpc/call.h"
#include "server/optimizer/handlers.h"
#include "server/optimizer/watch.h"

namespace parzen::rpc {
namespace {

// Tries to bind the address, so that a failure has a cause: gRPC's own answer is only that there is none. Not for unix:PATH.
absl::Status TryBind(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  if (listen.starts_with("unix:") || colon == std::string::npos) return absl::OkStatus();
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), listen.c_str() + colon + 1, &hints, &found);
  if (error != 0) return absl::FailedPreconditionError(absl::StrCat("cannot listen on ", listen, ": ", gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::OkStatus();  // gRPC will say
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const bool bound = bind(fd, found->ai_addr, found->ai_addrlen) == 0;
  const int cause = errno;
  close(fd);
  if (bound) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("cannot listen on ", listen, ": ", std::strerror(cause)));
}

class GrpcServer final : public Server {
 public:
  GrpcServer(engine::Service* service, const ServerOptions& options)
      : watches_({options.max_watches, options.slow_consumer, options.meter}), handlers_(service, &gate_, &watches_) {
    gate_.max_calls = options.max_calls;
    gate_.access = options.access;
    gate_.meter = options.meter;
    gate_.service = service;
    gate_.slow_micros = options.slow_call_micros;
  }
  ~GrpcServer() override { Shutdown(std::chrono::milliseconds(0)); }

  absl::Status Listen(const ServerOptions& options) {
    log::RouteLibraries();
    if (absl::Status bound = TryBind(options.listen); !bound.ok()) return bound;
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    // Two servers on one port would share its connections unnoticed.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    // A peer that vanished without a word is noticed after about 80 s; clients may ping every 10 s (with some slack), calls or
    // none.
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams);
    builder.SetMaxReceiveMessageSize(options.max_message_bytes);
    builder.SetMaxSendMessageSize(-1);
    builder.SetResourceQuota(grpc::ResourceQuota("parzend").Resize(static_cast<size_t>(options.memory_bytes)));
    // Reflection alone is served synchronously.
    builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
    builder.AddListeningPort(options.listen, options.credentials ? options.credentials : grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(&handlers_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return absl::FailedPreconditionError(absl::StrCat("cannot listen on ", options.listen));
    if (options.listen.starts_with("unix:")) port_ = 0;
    return absl::OkStatus();
  }

  int port() const override { return port_; }
  int64_t calls() const override { return gate_.calls.load(std::memory_order_relaxed); }
  int watches() const override { return watches_.open(); }

  void Drain() override {
    if (gate_.draining.exchange(true)) return;
    if (server_ == nullptr) return;
    if (auto* health = server_->GetHealthCheckService(); health != nullptr) health->SetServingStatus(false);
    watches_.CloseAll(error::ShuttingDown());
  }

  void Shutdown(std::chrono::milliseconds grace) override {
    Drain();
    const std::lock_guard lock(shutdown_mutex_);
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    server_->Wait();
    server_.reset();
  }

 private:
  CallGate gate_;
  WatchRegistry watches_;
  OptimizerHandlers handlers_;
  int port_ = 0;
  std::mutex shutdown_mutex_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(engine::Service* service, const ServerOptions& options) {
  auto server = std::make_unique<GrpcServer>(service, options);
  if (absl::Status listening = server->Listen(options); !listening.ok()) return listening;
  return server;
}

}  // namespace parzen::rpc
