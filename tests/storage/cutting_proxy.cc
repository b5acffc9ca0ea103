#include "tests/storage/cutting_proxy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>
#include <utility>

namespace parzen::storage {
namespace {

constexpr int kLookMillis = 20;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

bool SendAll(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// What can be read; empty at the end.
std::string Receive(int from) {
  std::string bytes(1 << 16, '\0');
  const ssize_t size = recv(from, bytes.data(), bytes.size(), 0);
  bytes.resize(size <= 0 ? 0 : static_cast<size_t>(size));
  return bytes;
}

// The message Sync, which ends a round trip of the extended protocol.
bool EndsRoundTrip(std::string_view bytes) { return bytes.ends_with(std::string_view("S\0\0\0\4", 5)); }
// The message ReadyForQuery, which ends its answer.
bool EndsAnswer(std::string_view bytes) {
  return bytes.size() >= 6 && bytes.substr(bytes.size() - 6, 5) == std::string_view("Z\0\0\0\5", 5);
}

}  // namespace

CuttingProxy::CuttingProxy(int server_port)
    : server_port_(server_port), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(listener_, 64), 0);
  EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

CuttingProxy::~CuttingProxy() {
  {
    const MutexLock lock(&mutex_);
    stop_ = true;
  }
  acceptor_.join();
  std::vector<std::thread> connections;
  {
    const MutexLock lock(&mutex_);
    connections = std::move(connections_);
  }
  for (std::thread& connection : connections) connection.join();
  close(listener_);
}

void CuttingProxy::CutAt(int number, Where where) {
  const MutexLock lock(&mutex_);
  until_cut_ = number;
  where_ = where;
}

int CuttingProxy::cuts() const {
  const MutexLock lock(&mutex_);
  return cuts_;
}

void CuttingProxy::Accept() {
  for (;;) {
    pollfd set{.fd = listener_, .events = POLLIN, .revents = 0};
    const int ready = poll(&set, 1, kLookMillis);
    const MutexLock lock(&mutex_);
    if (stop_) return;
    if (ready <= 0) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) connections_.emplace_back([this, client] { Serve(client); });
  }
}

void CuttingProxy::Serve(int client) {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(server_port_);
  bool going = connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  while (going) {
    pollfd sets[] = {{.fd = client, .events = POLLIN, .revents = 0}, {.fd = server, .events = POLLIN, .revents = 0}};
    const int ready = poll(sets, 2, kLookMillis);
    {
      const MutexLock lock(&mutex_);
      if (stop_) break;
    }
    if (ready <= 0) continue;
    if (sets[0].revents != 0) {
      const std::string bytes = Receive(client);
      going = !bytes.empty() && PassOn(client, server, bytes);
    }
    if (going && sets[1].revents != 0) {
      const std::string bytes = Receive(server);
      going = !bytes.empty() && SendAll(client, bytes);
    }
  }
  close(client);
  close(server);
}

bool CuttingProxy::PassOn(int, int server, const std::string& bytes) {
  bool cut = false;
  Where where;
  {
    const MutexLock lock(&mutex_);
    if (until_cut_ > 0 && EndsRoundTrip(bytes)) cut = --until_cut_ == 0;
    cuts_ += cut;
    where = where_;
  }
  if (!cut) return SendAll(server, bytes);
  switch (where) {
    case Where::kBefore:
      break;
    case Where::kIn:
      SendAll(server, std::string_view(bytes).substr(0, bytes.size() / 2));
      break;
    case Where::kAfter:
      SendAll(server, bytes);
      for (std::string answer; !EndsAnswer(answer);) {
        const std::string more = Receive(server);
        if (more.empty()) break;
        answer += more;
      }
      break;
  }
  return false;
}

}  // namespace parzen::storage
