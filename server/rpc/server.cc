#include "server/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <climits>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "server/error/error.h"
#include "server/log/log.h"
#include "server/rpc/call.h"
#include "server/rpc/descriptors.h"
#include "server/rpc/listener.h"

namespace parzen::rpc {
namespace {

class GrpcServer final : public Server {
 public:
  GrpcServer(std::vector<std::unique_ptr<Front>> fronts, const ServerOptions& options) : fronts_(std::move(fronts)) {
    gate_.max_calls = options.max_calls;
    gate_.max_bytes = options.max_message_bytes;
    gate_.access = options.access;
    gate_.meter = options.meter;
    gate_.slow_micros = options.slow_call_micros;
  }
  ~GrpcServer() override { Shutdown(std::chrono::milliseconds(0)); }

  absl::Status Listen(const ServerOptions& options) {
    log::RouteLibraries();
    PARZEN_ASSIGN_OR_RETURN(listener_, Listener::Bind(options.listen));
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    // A peer that vanished without a word is noticed after about 80 s; clients may ping every 10 s (with some slack), calls or
    // none.
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams);
    // Larger ones than this gRPC refuses by itself, in its own words; those between are read to be refused in ours.
    builder.SetMaxReceiveMessageSize(static_cast<int>(std::min<int64_t>(int64_t{4} * options.max_message_bytes, INT_MAX)));
    builder.SetMaxSendMessageSize(-1);
    builder.SetResourceQuota(grpc::ResourceQuota("parzend").Resize(static_cast<size_t>(options.memory_bytes)));
    // Reflection alone is served synchronously.
    builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
    const std::shared_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor =
        builder.experimental().AddExternalConnectionAcceptor(
            grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
            options.credentials ? options.credentials : grpc::InsecureServerCredentials());
    for (const auto& front : fronts_) {
      for (grpc::Service* service : front->Open(&gate_)) builder.RegisterService(service);
    }
    auto server = builder.BuildAndStart();
    if (server == nullptr) return absl::FailedPreconditionError(absl::StrCat("cannot listen on ", options.listen));
    {
      const MutexLock lock(&mutex_);
      server_ = std::move(server);
    }
    listener_->Start([acceptor](int listener_fd, int fd) {
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
      connection.listener_fd = listener_fd;
      connection.fd = fd;
      acceptor->HandleNewConnection(&connection);
    });
    return absl::OkStatus();
  }

  int port() const override { return listener_->port(); }
  int64_t calls() const override { return gate_.calls.load(std::memory_order_relaxed); }
  bool has_room() const override { return HasConnectionDescriptor(); }
  int streams() const override {
    int open = 0;
    for (const auto& front : fronts_) open += front->streams();
    return open;
  }

  void SetServing(bool serving) override {
    const MutexLock lock(&mutex_);
    if (server_ == nullptr || gate_.draining) return;
    if (auto* health = server_->GetHealthCheckService(); health != nullptr) health->SetServingStatus(serving);
  }

  void Drain() override {
    if (gate_.draining.exchange(true)) return;
    {
      const MutexLock lock(&mutex_);
      if (server_ == nullptr) return;
      if (auto* health = server_->GetHealthCheckService(); health != nullptr) health->SetServingStatus(false);
    }
    for (const auto& front : fronts_) front->CloseStreams(error::ShuttingDown());
  }

  void Shutdown(std::chrono::milliseconds grace) override {
    Drain();
    const MutexLock lock(&mutex_);
    if (server_ == nullptr) return;
    listener_->Stop();  // first: gRPC lets connections leak that it gets later
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    server_->Wait();
    server_.reset();
    // Those that another transport carries.
    while (gate_.calls.load() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  CallGate gate_;
  const std::vector<std::unique_ptr<Front>> fronts_;  // outlive server_
  std::unique_ptr<Listener> listener_;
  Mutex mutex_;
  std::unique_ptr<grpc::Server> server_ GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(std::vector<std::unique_ptr<Front>> fronts, const ServerOptions& options) {
  auto server = std::make_unique<GrpcServer>(std::move(fronts), options);
  PARZEN_RETURN_IF_ERROR(server->Listen(options));
  return server;
}

}  // namespace parzen::rpc
