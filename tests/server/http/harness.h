// What tests of the HTTP transport have in common: a client by its socket, a server, and routes whose answers wait for the test.

#ifndef PARZEN_TESTS_SERVER_HTTP_HARNESS_H_
#define PARZEN_TESTS_SERVER_HTTP_HARNESS_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "server/http/server.h"

namespace parzen::http {

class Client {
 public:
  explicit Client(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{30, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void EndSending() const { shutdown(fd_, SHUT_WR); }
  void Send(const std::string& text) {
    EXPECT_EQ(send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // What comes until `end` does, or the connection's end.
  std::string ReadTo(const std::string& end) {
    std::string text;
    char byte = 0;
    while (!text.ends_with(end) && recv(fd_, &byte, 1, 0) == 1) text += byte;
    return text;
  }
  std::string ReadAll() {
    std::string text;
    char byte = 0;
    while (recv(fd_, &byte, 1, 0) == 1) text += byte;
    return text;
  }

 private:
  int fd_;
};

inline std::unique_ptr<Server> StartWith(std::vector<Route> routes, ServerOptions options = {}) {
  options.listen = "127.0.0.1:0";
  options.flag = "--test";
  auto server = Server::Start(options, std::move(routes));
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

// Routes that leave the answers to the test. Outlives the server.
class Held {
 public:
  Route At(const std::string& path) {
    return {"GET", path, [this](const Request&, std::shared_ptr<Responder> responder) {
              const MutexLock lock(&mutex_);
              arrived_.push_back(std::move(responder));
              told_.NotifyAll();
            }};
  }
  // That of the next request, once it has arrived.
  std::shared_ptr<Responder> Take() {
    const MutexLock lock(&mutex_);
    while (arrived_.empty()) told_.Wait(&mutex_);
    std::shared_ptr<Responder> responder = std::move(arrived_.front());
    arrived_.pop_front();
    return responder;
  }

 private:
  Mutex mutex_;
  CondVar told_;
  std::deque<std::shared_ptr<Responder>> arrived_ GUARDED_BY(mutex_);
};

// What comes back until the connection ends.
inline std::string Ask(int port, const std::string& request) {
  Client client(port);
  client.Send(request);
  return client.ReadAll();
}

}  // namespace parzen::http

#endif  // PARZEN_TESTS_SERVER_HTTP_HARNESS_H_
