#include "server/http/server.h"

#include <boost/asio/steady_timer.hpp>

#include <thread>
#include <utility>

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

absl::StatusOr<tcp::endpoint> Parse(const ServerOptions& options) {
  const size_t colon = options.listen.rfind(':');
  std::string host = options.listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  error_code error;
  const asio::ip::address address = asio::ip::make_address(host, error);
  int port = 0;
  if (error || colon == std::string::npos || !absl::SimpleAtoi(options.listen.substr(colon + 1), &port) || port < 0 ||
      port > 65535) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot listen on ", options.flag, " ", options.listen, ": accepted: IP:PORT"));
  }
  return tcp::endpoint(address, static_cast<uint16_t>(port));
}

class BeastServer final : public Server {
 public:
  BeastServer(const ServerOptions& options, std::vector<Route> routes)
      : shared_(std::make_shared<Shared>(options, std::move(routes))), acceptor_(shared_->context), pause_(shared_->context) {}
  ~BeastServer() override {
    shared_->PostLast([this] {
      error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
      CloseConnections(shared_.get());
    });
    if (thread_.joinable()) thread_.join();  // nothing is left to be done
  }

  absl::Status Listen() {
    PARZEN_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, Parse(shared_->options));
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot listen on ", shared_->options.flag, " ", shared_->options.listen, ": ", error.message()));
    }
    port_ = acceptor_.local_endpoint(error).port();
    Accept();
    thread_ = std::thread([this] { shared_->context.run(); });
    return absl::OkStatus();
  }

  int port() const override { return port_; }

 private:
  void Accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) {
        log::Write(log::Level::kWarn, "http", {{"message", std::string_view(error.message())}});
        pause_.expires_after(kPause);
        pause_.async_wait([this](error_code) {
          if (acceptor_.is_open()) Accept();
        });
        return;
      }
      if (static_cast<int>(shared_->open.size()) < shared_->options.max_connections) ServeConnection(std::move(socket), shared_);
      Accept();
    });
  }

  const std::shared_ptr<Shared> shared_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
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
