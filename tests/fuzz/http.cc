// What one connection sends to the HTTP port, as arbitrary bytes: through the transport, the Connect protocol, the handlers and
// the engine over a storage in memory. What comes back is HTTP, and the connection ends.

#include <arpa/inet.h>
#include <google/protobuf/stubs/logging.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "server/engine/service.h"
#include "server/http/server.h"
#include "server/optimizer/connect/routes.h"
#include "server/optimizer/handlers.h"
#include "server/optimizer/watch.h"
#include "server/rpc/call.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/fuzz/invariant.h"

namespace parzen::fuzz {
namespace {

// 0, or an errno. libFuzzer's alarm may interrupt the call, which then goes on by itself.
int Connect(int fd, const sockaddr_in& address) {
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return 0;
  if (errno != EINTR) return errno;
  pollfd connected{.fd = fd, .events = POLLOUT, .revents = 0};
  TEMP_FAILURE_RETRY(poll(&connected, 1, -1));
  int error = 0;
  socklen_t size = sizeof(error);
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

class LiveServer {
 public:
  LiveServer() {
    storage::SqliteOptions options;
    options.path = ":memory:";
    auto opened = storage::OpenSqlite(std::move(options));
    Require(opened.ok(), "a storage in memory opens");
    storage_ = *std::move(opened);
    engine::ServiceOptions engine;
    engine.compute_threads = 1;
    engine.reader_threads = 1;
    service_ = engine::Service::Create(storage_.get(), std::move(engine));
    handlers_ = std::make_unique<optimizer::Handlers>(service_.get(), &gate_, &watches_);
    http::ServerOptions http;
    http.listen = "127.0.0.1:0";
    http.flag = "--http-listen";
    http.sites.checked = true;
    auto started = http::Server::Start(http, optimizer::connect::MakeRoutes(handlers_.get(), 64 << 10));
    Require(started.ok(), "a server starts");
    http_ = *std::move(started);
  }

  // What the server sends until it closes the connection.
  std::string Send(std::string_view text) const {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(http_->port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int error = Connect(fd, address);
    Require(error == 0, std::string("the server listens: ") + std::strerror(error));
    while (!text.empty()) {
      const ssize_t sent = TEMP_FAILURE_RETRY(send(fd, text.data(), text.size(), MSG_NOSIGNAL));
      if (sent <= 0) break;
      text.remove_prefix(static_cast<size_t>(sent));
    }
    shutdown(fd, SHUT_WR);
    std::string answer;
    std::array<char, 4096> piece{};
    ssize_t size = 0;
    while ((size = TEMP_FAILURE_RETRY(recv(fd, piece.data(), piece.size(), 0))) > 0) {
      answer.append(piece.data(), static_cast<size_t>(size));
    }
    close(fd);
    return answer;
  }

 private:
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<engine::Service> service_;
  rpc::CallGate gate_;
  optimizer::WatchRegistry watches_{optimizer::WatchOptions{}};
  std::unique_ptr<optimizer::Handlers> handlers_;
  std::unique_ptr<http::Server> http_;
};

}  // namespace
}  // namespace parzen::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static google::protobuf::LogSilencer quiet;
  constexpr int kInputs = 2000;  // a server: what they leave behind is bounded
  static std::unique_ptr<parzen::fuzz::LiveServer> server;
  static int inputs = 0;
  if (inputs++ % kInputs == 0) {
    server.reset();
    server = std::make_unique<parzen::fuzz::LiveServer>();
  }
  const std::string answer = server->Send({reinterpret_cast<const char*>(bytes), size});
  parzen::fuzz::Require(answer.empty() || answer.starts_with("HTTP/1."), "an answer is HTTP: " + answer.substr(0, 100));
  parzen::fuzz::Require(answer.find(" 500 ") != 8, "no answer is a failure of the server's own: " + answer);
  return 0;
}
