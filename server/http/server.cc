#include "server/http/server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/http/connection.h"
#include "server/log/log.h"

namespace parzen::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// After a failed accept: for want of file descriptors it would fail again at once.
constexpr std::chrono::milliseconds kPause(100);

absl::Status CannotListen(const ServerOptions& options, const std::string& why) {
  return absl::FailedPreconditionError(absl::StrCat("cannot listen on ", options.flag, " ", options.listen, ": ", why));
}

// What HOST:PORT stands for: each address of a name; of every address of this machine ("*", 0.0.0.0, [::]) IPv6's, which takes
// IPv4 too, and IPv4's where there is no IPv6.
struct Addresses {
  std::vector<tcp::endpoint> endpoints;
  bool one_is_enough = false;
};

absl::StatusOr<Addresses> Resolve(const ServerOptions& options, asio::io_context* context) {
  const size_t colon = options.listen.rfind(':');
  std::string host = options.listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  int port = 0;
  if (colon == std::string::npos || host.empty() || !absl::SimpleAtoi(options.listen.substr(colon + 1), &port) || port < 0 ||
      port > 65535) {
    return CannotListen(options, "accepted: HOST:PORT");
  }
  const auto number = static_cast<uint16_t>(port);
  if (host == "*" || host == "0.0.0.0" || host == "::") return Addresses{{{tcp::v6(), number}, {tcp::v4(), number}}, true};
  error_code error;
  if (const asio::ip::address address = asio::ip::make_address(host, error); !error) return Addresses{{{address, number}}};
  Addresses addresses;
  for (const auto& found : tcp::resolver(*context).resolve(host, "", error)) {
    addresses.endpoints.emplace_back(found.endpoint().address(), number);
  }
  if (error) return CannotListen(options, error.message());
  return addresses;
}

class BeastServer final : public Server {
 public:
  BeastServer(const ServerOptions& options, std::vector<Route> routes)
      : shared_(std::make_shared<Shared>(options, std::move(routes))) {
    shared_->decoders = &decoders_;
  }
  ~BeastServer() override {
    if (!thread_.joinable()) return;
    shared_->Post([this] {
      StopAccepting();
      CloseConnections(shared_.get(), false);
      // What the guests have been told of just now may make them post once more.
      shared_->Post([shared = shared_.get()] { shared->End(); });
    });
    thread_.join();  // nothing is left to be done
    decoders_.stop();
    decoders_.join();
  }

  absl::Status Listen() {
    if (shared_->options.tls.enabled()) {
      PARZEN_ASSIGN_OR_RETURN(shared_->tls, TlsContext::Open(shared_->options.tls));
    }
    PARZEN_ASSIGN_OR_RETURN(const Addresses addresses, Resolve(shared_->options, &shared_->context));
    error_code error;
    for (tcp::endpoint endpoint : addresses.endpoints) {
      if (port_ != 0) endpoint.port(static_cast<uint16_t>(port_));  // a name with several addresses has one port
      error = Bind(endpoint);
      if (!error && addresses.one_is_enough) break;
      if (error == asio::error::address_in_use) break;  // half a name would be another server's
    }
    if (doors_.empty() || error == asio::error::address_in_use) return CannotListen(shared_->options, error.message());
    for (const auto& door : doors_) Accept(door.get());
    thread_ = std::thread([this] { shared_->context.run(); });
    return absl::OkStatus();
  }

  int port() const override { return port_; }

  void Shutdown(std::chrono::milliseconds grace) override {
    auto done = std::make_shared<std::promise<void>>();
    std::future<void> drained = done->get_future();
    const bool posted = shared_->Post([this, done] {
      StopAccepting();
      shared_->draining = true;
      shared_->on_closed = [shared = shared_.get(), done, told = false]() mutable {
        if (told || !shared->open.empty()) return;
        told = true;
        done->set_value();
      };
      CloseConnections(shared_.get(), true);
      if (shared_->open.empty() && shared_->on_closed) shared_->on_closed();
    });
    if (posted) drained.wait_for(grace);
  }

 private:
  struct Door {
    explicit Door(asio::io_context* context) : acceptor(*context), pause(*context) {}
    tcp::acceptor acceptor;
    asio::steady_timer pause;
  };

  error_code Bind(const tcp::endpoint& endpoint) {
    auto door = std::make_unique<Door>(&shared_->context);
    tcp::acceptor& acceptor = door->acceptor;
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && endpoint.protocol() == tcp::v6()) {
      acceptor.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()), error);
    }
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return error;
    port_ = acceptor.local_endpoint(error).port();
    doors_.push_back(std::move(door));
    return {};
  }

  void StopAccepting() {
    error_code ignored;
    for (const auto& door : doors_) {
      door->acceptor.close(ignored);
      door->pause.cancel();
    }
  }

  void Accept(Door* door) {
    door->acceptor.async_accept([this, door](error_code error, tcp::socket socket) {
      if (!door->acceptor.is_open()) return;
      if (error) return Pause(door, error);
      if (HasRoom()) ServeConnection(std::move(socket), shared_);
      Accept(door);
    });
  }

  void Pause(Door* door, error_code error) {
    log::Write(log::Level::kWarn, "http", {{"message", std::string_view(error.message())}});
    door->pause.expires_after(kPause);
    door->pause.async_wait([this, door](error_code) {
      if (door->acceptor.is_open()) Accept(door);
    });
  }

  bool HasRoom() const {
    return static_cast<int>(shared_->open.size()) < shared_->options.max_connections &&
           (!shared_->options.has_room || shared_->options.has_room());
  }

  const std::shared_ptr<Shared> shared_;
  asio::thread_pool decoders_{1};
  std::vector<std::unique_ptr<Door>> doors_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, std::vector<Route> routes) {
  auto server = std::make_unique<BeastServer>(options, std::move(routes));
  PARZEN_RETURN_IF_ERROR(server->Listen());
  return server;
}

}  // namespace parzen::http
