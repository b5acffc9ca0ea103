// The HTTP transport, by sockets: what a client sends and gets. Streams: stream_test.cc.

#include "server/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/server/http/harness.h"

namespace parzen::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Route Hello() {
  return {"GET", "/hello", [](const Request&, const std::shared_ptr<Responder>& responder) { responder->Answer({}, "hello\n"); }};
}

Route Echo() {
  return {"POST", "/echo/*",
          [](const Request& request, const std::shared_ptr<Responder>& responder) {
            responder->Answer(
                {.status = 201, .headers = {{"X-Peer", request.peer}}},
                absl::StrCat(request.path, "|", request.query, "|", std::string(request.Header("x-given")), "|", request.body));
          },
          10};
}

TEST(HttpServerTest, RoutesByMethodAndPath) {
  const auto server = StartWith({Hello(), Echo()});
  const std::string got = Ask(server->port(), "GET /hello?x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(got, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(got, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(got, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(got, EndsWith("\r\n\r\nhello\n"));
  const std::string head = Ask(server->port(), "HEAD /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
  const std::string echoed =
      Ask(server->port(),
          "POST /echo/a%20b?q=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Given: g\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_THAT(echoed, StartsWith("HTTP/1.1 201 Created\r\n"));
  EXPECT_THAT(echoed, HasSubstr("X-Peer: ipv4:127.0.0.1:"));
  EXPECT_THAT(echoed, EndsWith("/echo/a%20b|q=1|g|body"));
}

TEST(HttpServerTest, RefusesWhatItDoesNotServe) {
  const auto server = StartWith({Hello(), Echo()}, {.max_head_bytes = 1000});
  const auto status = [&](const std::string& request) { return Ask(server->port(), request).substr(0, 12); };
  EXPECT_EQ(status("GET /other HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 404");
  EXPECT_EQ(status("GET /hello/more HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 404");
  EXPECT_THAT(Ask(server->port(), "PUT /hello HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_EQ(status("POST /echo/ HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"), "HTTP/1.1 413");
  EXPECT_EQ(status("POST /echo/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n"),
            "HTTP/1.1 413");
  EXPECT_EQ(status("GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(2000, 'x') + "\r\n\r\n"), "HTTP/1.1 431");
  EXPECT_EQ(status("this is no HTTP\r\n\r\n"), "HTTP/1.1 400");
}

TEST(HttpServerTest, AConnectionServesOneRequestAfterTheOther) {
  const auto server = StartWith({Hello()});
  Client client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.Send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.ReadTo("hello\n"), StartsWith("HTTP/1.1 200"));
  }
  client.Send(
      "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");  // the second before the first is answered
  EXPECT_THAT(client.ReadTo("hello\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(client.ReadTo("hello\n"), StartsWith("HTTP/1.1 200"));
}

TEST(HttpServerTest, AnAnswerMayComeLaterFromAnotherThread) {
  std::vector<std::thread> threads;
  const auto server = StartWith({{"GET", "/later",
                                  [&](const Request&, std::shared_ptr<Responder> responder) {
                                    threads.emplace_back([responder = std::move(responder)] {
                                      std::this_thread::sleep_for(std::chrono::milliseconds(50));
                                      responder->Answer({}, "later\n");
                                    });
                                  }},
                                 Hello()});
  Client waiting(server->port());
  waiting.Send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(Ask(server->port(), "GET /hello HTTP/1.0\r\n\r\n"), EndsWith("hello\n"));  // meanwhile
  EXPECT_THAT(waiting.ReadTo("later\n"), StartsWith("HTTP/1.1 200"));
  for (std::thread& thread : threads) thread.join();
}

TEST(HttpServerTest, WhoForgetsToAnswerAnswers500) {
  const auto server = StartWith({{"GET", "/forgotten", [](const Request&, const std::shared_ptr<Responder>&) {}}});
  EXPECT_THAT(Ask(server->port(), "GET /forgotten HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 500"));
}

TEST(HttpServerTest, EndsAtOnceAndRespondersThatAreLeftDoNothing) {
  Held held;
  auto server = StartWith({held.At("/never")});
  Client client(server->port());
  client.Send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::shared_ptr<Responder> left = held.Take();
  server.reset();
  EXPECT_EQ(client.ReadAll(), "");
  left->Answer({}, "too late");
}

TEST(HttpServerTest, TooManyConnectionsAreClosed) {
  const auto server = StartWith({Hello()}, {.max_connections = 2});
  Client first(server->port()), second(server->port());
  for (Client* client : {&first, &second}) {
    client->Send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client->ReadTo("hello\n"), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_EQ(Client(server->port()).ReadAll(), "");
}

TEST(HttpServerTest, AClientThatSaysNothingIsLetGo) {
  const auto server = StartWith({Hello()}, {.timeout = std::chrono::milliseconds(200)});
  Client client(server->port());
  client.Send("GET /hel");
  EXPECT_THAT(client.ReadAll(), Not(HasSubstr("200")));
}

TEST(HttpServerTest, ALargeRequestHoldsNobodyUp) {
  std::promise<void> go_on;
  std::promise<void> arrived;
  const auto server = StartWith({{"POST", "/large",
                                  [&](const Request& request, const std::shared_ptr<Responder>& responder) {
                                    arrived.set_value();
                                    go_on.get_future().wait();
                                    responder->Answer({}, absl::StrCat(request.body.size(), " bytes\n"));
                                  },
                                  size_t{1} << 20},
                                 Hello()});
  Client large(server->port());
  large.Send(absl::StrCat("POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", std::string(100'000, 'x')));
  arrived.get_future().wait();
  EXPECT_THAT(Ask(server->port(), "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), EndsWith("hello\n"));
  go_on.set_value();
  EXPECT_THAT(large.ReadTo(" bytes\n"), EndsWith("100000 bytes\n"));
}

TEST(HttpServerTest, RequestsTogetherAreBounded) {
  const auto server = StartWith({Echo()}, {.max_body_bytes = 15});
  const std::string request = "POST /echo/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n\r\n";
  auto first = std::make_unique<Client>(server->port());
  first->Send(request);
  // The first one's room is taken once its head has arrived.
  std::string refused;
  for (int i = 0; i < 1000 && !refused.starts_with("HTTP/1.1 503"); ++i) refused = Ask(server->port(), request + "0123456789");
  EXPECT_THAT(refused, HasSubstr("Retry-After: 1\r\n"));
  first->Send("0123456789");
  EXPECT_THAT(first->ReadAll(), EndsWith("|0123456789"));
  EXPECT_THAT(Ask(server->port(), request + "0123456789"), EndsWith("|0123456789"));
}

TEST(HttpServerTest, ShutdownLetsWhatIsUnderWayEnd) {
  Held held;
  const auto server = StartWith({held.At("/later")});
  Client waiting(server->port()), idle(server->port());
  waiting.Send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  std::shared_ptr<Responder> responder = held.Take();
  auto ended = std::async(std::launch::async, [&] { server->Shutdown(std::chrono::seconds(60)); });
  EXPECT_EQ(idle.ReadAll(), "");
  EXPECT_EQ(ended.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  responder->Answer({}, "at last\n");
  responder.reset();
  const std::string answer = waiting.ReadAll();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("at last\n"));
  EXPECT_EQ(ended.wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

// The server has nothing left to do by then; what it is told nevertheless is done, and let go of.
TEST(HttpServerTest, AResponderMayBeHeldBeyondTheShutdown) {
  Held held;
  auto server = StartWith({held.At("/later")});
  Client client(server->port());
  client.Send("GET /later HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::shared_ptr<Responder> responder = held.Take();
  responder->Answer({}, "answered\n");
  EXPECT_THAT(client.ReadAll(), EndsWith("answered\n"));
  server->Shutdown(std::chrono::seconds(30));
  server->Shutdown(std::chrono::hours(1));  // finds nothing under way, as the first did
  auto known = std::make_shared<bool>();
  const std::weak_ptr<bool> still_known = known;
  std::promise<void> told;
  responder->OnGone([&told, known = std::move(known)] { told.set_value(); });
  responder.reset();
  ASSERT_EQ(told.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  server.reset();
  EXPECT_TRUE(still_known.expired());
}

TEST(HttpServerTest, AnAnswerThatComesTooLateIsNoOtherRequestsAnswer) {
  std::vector<std::shared_ptr<Responder>> kept;
  const auto server = StartWith({{"GET", "/slow",
                                  [&](const Request&, const std::shared_ptr<Responder>& responder) {
                                    kept.push_back(responder);
                                    responder->After(std::chrono::milliseconds(20), [weak = std::weak_ptr(responder)] {
                                      weak.lock()->Answer({.status = 504}, "late\n");
                                    });
                                  }},
                                 {"GET", "/next", [&](const Request&, const std::shared_ptr<Responder>& responder) {
                                    kept.front()->Answer({}, "of the first\n");
                                    responder->Answer({}, "of the next\n");
                                  }}});
  Client client(server->port());
  client.Send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.ReadTo("late\n"), StartsWith("HTTP/1.1 504"));
  client.Send("GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), EndsWith("\r\n\r\nof the next\n"));
}

TEST(HttpServerTest, ATakenPortIsRefused) {
  const auto server = StartWith({Hello()});
  ServerOptions options;
  options.listen = absl::StrCat("127.0.0.1:", server->port());
  options.flag = "--test";
  EXPECT_EQ(Server::Start(options, {}).status().message(),
            absl::StrCat("cannot listen on --test ", options.listen, ": Address already in use"));
}

}  // namespace
}  // namespace parzen::http
