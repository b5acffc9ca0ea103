#include "server/rpc/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/log/log.h"
#include "server/rpc/descriptors.h"

namespace parzen::rpc {
namespace {

using Clock = std::chrono::steady_clock;

// While descriptors are scarce, the log is told at most this often.
constexpr std::chrono::seconds kSayAgain(10);
// Without a descriptor even for refusing, the backlog waits so long.
constexpr int kPauseMillis = 100;
// What is sent and not acknowledged for so long ends the connection, as with gRPC's own listener under its keepalive.
constexpr unsigned kUserTimeoutMillis = 20'000;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status CannotListen(const std::string& listen, std::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot listen on ", listen, ": ", absl::string_view(why.data(), why.size())));
}

int PortOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  return 0;
}

// A socket that listens on one address; errno says why there is none.
std::optional<Descriptor> ListenOn(const sockaddr* address, socklen_t size) {
  Descriptor socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return std::nullopt;
  const int on = 1, off = 0;
  if (address->sa_family != AF_UNIX) setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address->sa_family == AF_INET6) {
    const bool any = IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
    setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, any ? &off : &on, sizeof(on));
  }
  if (bind(socket.get(), address, size) != 0 || ::listen(socket.get(), SOMAXCONN) != 0) return std::nullopt;
  return socket;
}

// What an address and a port stand for.
struct Addresses {
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found{nullptr, &freeaddrinfo};
  bool any = false;  // every address of this machine: the first that can be bound is enough
};

absl::StatusOr<Addresses> Resolve(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return CannotListen(listen, "it has no port");
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  Addresses addresses;
  addresses.any = host == "*" || host == "0.0.0.0" || host == "::";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  int error = EAI_FAMILY;
  if (addresses.any) {
    hints.ai_family = AF_INET6;
    error = getaddrinfo(nullptr, listen.c_str() + colon + 1, &hints, &found);
    hints.ai_family = AF_INET;
    addrinfo* v4 = nullptr;
    const int error_v4 = getaddrinfo(nullptr, listen.c_str() + colon + 1, &hints, &v4);
    if (error == 0 && error_v4 == 0) found->ai_next = v4;  // one address each
    if (error != 0) found = v4;
    error = found == nullptr ? error_v4 : 0;
  } else {
    error = getaddrinfo(host.c_str(), listen.c_str() + colon + 1, &hints, &found);
  }
  if (error != 0) return CannotListen(listen, gai_strerror(error));
  addresses.found.reset(found);
  return addresses;
}

absl::StatusOr<std::vector<Descriptor>> ListenOnPort(const std::string& listen) {
  PARZEN_ASSIGN_OR_RETURN(const Addresses addresses, Resolve(listen));
  std::vector<Descriptor> sockets;
  int cause = 0;
  for (addrinfo* each = addresses.found.get(); each != nullptr; each = each->ai_next) {
    // A name with several addresses has one port: the first's.
    if (!sockets.empty()) {
      const auto port = htons(static_cast<uint16_t>(PortOf(sockets.front().get())));
      if (each->ai_family == AF_INET) reinterpret_cast<sockaddr_in*>(each->ai_addr)->sin_port = port;
      if (each->ai_family == AF_INET6) reinterpret_cast<sockaddr_in6*>(each->ai_addr)->sin6_port = port;
    }
    if (auto socket = ListenOn(each->ai_addr, each->ai_addrlen)) {
      sockets.push_back(*std::move(socket));
      if (addresses.any) break;
    } else if (cause = errno; cause == EADDRINUSE) {
      return CannotListen(listen, std::strerror(cause));  // half a name would be another server's
    }
  }
  if (sockets.empty()) return CannotListen(listen, std::strerror(cause));
  return sockets;
}

// A socket's file that a server which ended without cleaning up has left: nobody listens on it.
bool IsAbandoned(const sockaddr_un& address) {
  struct stat file{};
  if (stat(address.sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 && errno == ECONNREFUSED;
}

absl::StatusOr<std::vector<Descriptor>> ListenOnPath(const std::string& listen, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return CannotListen(listen, "the path is longer than 107 bytes");
  path.copy(address.sun_path, path.size());
  if (IsAbandoned(address)) unlink(path.c_str());
  auto socket = ListenOn(reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  if (!socket) return CannotListen(listen, std::strerror(errno));
  std::vector<Descriptor> sockets;
  sockets.push_back(*std::move(socket));
  return sockets;
}

class SocketListener final : public Listener {
 public:
  SocketListener(std::vector<Descriptor> sockets, std::string path)
      : sockets_(std::move(sockets)),
        path_(std::move(path)),
        port_(PortOf(sockets_.front().get())),
        wake_(eventfd(0, EFD_CLOEXEC)) {}
  ~SocketListener() override { Stop(); }

  int port() const override { return port_; }

  void Start(OnConnection on_connection) override {
    on_connection_ = std::move(on_connection);
    thread_ = std::thread([this] { Run(); });
  }

  void Stop() override {
    const uint64_t one = 1;
    if (thread_.joinable() && write(wake_.get(), &one, sizeof(one)) == sizeof(one)) thread_.join();
    if (!sockets_.empty() && !path_.empty()) unlink(path_.c_str());
    sockets_.clear();
  }

 private:
  void Run() {
    std::vector<pollfd> polled = {{wake_.get(), POLLIN, 0}};
    for (const Descriptor& socket : sockets_) polled.push_back({socket.get(), POLLIN, 0});
    while (true) {
      if (poll(polled.data(), polled.size(), -1) < 0) continue;  // a signal
      if (polled[0].revents != 0) return;
      for (size_t i = 1; i < polled.size(); ++i) {
        if (polled[i].revents != 0) Accept(polled[i].fd);
      }
    }
  }

  void Accept(int listener) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return;  // the peer's affair
      SayRefused(std::strerror(errno));
      pollfd wake{wake_.get(), POLLIN, 0};
      poll(&wake, 1, kPauseMillis);
      return;
    }
    if (fd >= ConnectionDescriptors()) {
      close(fd);
      return SayRefused("the rest is kept for the database");
    }
    if (refused_ > 0) {
      log::Write(log::Level::kInfo, "connections are taken again", {{"refused", refused_}});
      refused_ = 0;
    }
    const int on = 1;
    if (path_.empty()) {
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMillis, sizeof(kUserTimeoutMillis));
    }
    on_connection_(listener, fd);
  }

  void SayRefused(std::string_view why) {
    const Clock::time_point now = Clock::now();
    if (++refused_ > 1 && now - said_ < kSayAgain) return;
    said_ = now;
    log::Write(log::Level::kWarn, "connections are refused: too few file descriptors are left",
               {{"limit_for_connections", int64_t{ConnectionDescriptors()}}, {"refused", refused_}, {"message", why}});
  }

  std::vector<Descriptor> sockets_;
  const std::string path_;  // of a unix socket
  const int port_;
  const Descriptor wake_;  // written to end the thread
  OnConnection on_connection_;
  // The thread's own.
  int64_t refused_ = 0;  // since the last one that was taken
  Clock::time_point said_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Bind(const std::string& listen) {
  constexpr std::string_view kUnix = "unix:";
  if (!listen.starts_with(kUnix)) {
    PARZEN_ASSIGN_OR_RETURN(std::vector<Descriptor> sockets, ListenOnPort(listen));
    return std::make_unique<SocketListener>(std::move(sockets), "");
  }
  const std::string path = listen.substr(kUnix.size());
  PARZEN_ASSIGN_OR_RETURN(std::vector<Descriptor> sockets, ListenOnPath(listen, path));
  return std::make_unique<SocketListener>(std::move(sockets), path);
}

}  // namespace parzen::rpc
