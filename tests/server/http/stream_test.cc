// Answers that come in parts: how they begin and end, and what becomes of them when a client goes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/http/server.h"
#include "tests/server/http/harness.h"

namespace parzen::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Sends `left` numbers, each when the one before has been taken.
void Count(const std::shared_ptr<Responder>& responder, int left) {
  if (left == 0) return responder->End();
  responder->Write(absl::StrCat("n", left, ";"), [responder, left](bool ok) {
    if (ok) Count(responder, left - 1);
  });
}

TEST(HttpStreamTest, StreamsInChunks) {
  const auto server = StartWith({{"GET", "/count", [](const Request&, const std::shared_ptr<Responder>& responder) {
                                    responder->Begin({.content_type = "text/event-stream"});
                                    Count(responder, 3);
                                  }}});
  Client client(server->port());
  for (int i = 0; i < 2; ++i) {
    client.Send("GET /count HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string got = client.ReadTo("\r\n0\r\n\r\n");
    EXPECT_THAT(got, HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_THAT(got, EndsWith("\r\n\r\n3\r\nn3;\r\n3\r\nn2;\r\n3\r\nn1;\r\n0\r\n\r\n"));
  }
  EXPECT_THAT(Ask(server->port(), "GET /count HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 505"));
}

int Threads() {
  const std::filesystem::directory_iterator threads("/proc/self/task");
  return static_cast<int>(std::distance(begin(threads), end(threads)));
}

TEST(HttpStreamTest, AHundredStreamsCostNoThreadsAndAClientThatGoesIsNoticed) {
  std::atomic<int> gone{0};
  const auto server = StartWith({{"GET", "/stream", [&](const Request&, std::shared_ptr<Responder> responder) {
                                    responder->Begin({});
                                    // Kept until the client goes.
                                    responder->OnGone([&gone, kept = responder] { ++gone; });
                                    responder->Write("first;", [](bool) {});
                                  }}});
  const int before = Threads();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<Client>(server->port()));
    clients.back()->Send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(clients.back()->ReadTo("first;\r\n"), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_EQ(Threads(), before);
  EXPECT_EQ(gone, 0);
  clients.erase(clients.begin(), clients.begin() + 60);
  for (int i = 0; i < 3000 && gone < 60; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(gone, 60);
}

TEST(HttpStreamTest, AStreamDoesNotBeginForAClientThatHasEnded) {
  Held held;
  const auto server = StartWith({held.At("/stream")});
  Client client(server->port());
  client.Send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::shared_ptr<Responder> responder = held.Take();
  client.EndSending();
  std::promise<void> gone;
  responder->OnGone([&gone] { gone.set_value(); });
  // Where the end has not been seen yet the stream begins, and ends with it. Neither is kept.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  responder->Begin({});
  EXPECT_EQ(gone.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

// Also where it has sent something behind its request, before or after the stream has begun; which is no request.
TEST(HttpStreamTest, TheEndOfAClientIsSeenBehindWhatItSendsDuringAStream) {
  Held held;
  const auto server = StartWith({held.At("/stream")});
  const std::string request = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";
  struct {
    std::string before, after;
    bool leaves;
  } const cases[] = {{"x", "", true}, {"", "x", true}, {request, request, true}, {"", std::string(8 << 10, 'x'), false}};
  for (const auto& [before, after, leaves] : cases) {
    Client client(server->port());
    client.Send(request + before);
    const std::shared_ptr<Responder> responder = held.Take();
    std::promise<void> gone;
    responder->OnGone([&gone] { gone.set_value(); });
    responder->Begin({});
    EXPECT_THAT(client.ReadTo("\r\n\r\n"), HasSubstr("200 OK"));
    if (!after.empty()) client.Send(after);
    if (leaves) client.EndSending();
    EXPECT_EQ(gone.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  }
}

TEST(HttpStreamTest, AStreamEndsWholeThoughSomethingWasSentBehindTheRequest) {
  Held held;
  const auto server = StartWith({held.At("/stream")});
  Client client(server->port());
  const std::string request = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";
  client.Send(request + request);
  const std::shared_ptr<Responder> responder = held.Take();
  responder->Begin({});
  responder->Write("abc", [](bool) {});
  responder->End();
  const std::string answer = client.ReadAll();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("3\r\nabc\r\n0\r\n\r\n"));
}

TEST(HttpStreamTest, NothingIsWaitedForOnceAClientHasGone) {
  Held held;
  auto server = StartWith({held.At("/later")});
  auto client = std::make_unique<Client>(server->port());
  client->Send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::shared_ptr<Responder> responder = held.Take();
  std::promise<void> gone;
  responder->OnGone([&gone] { gone.set_value(); });
  responder->Begin({});
  EXPECT_THAT(client->ReadTo("\r\n\r\n"), StartsWith("HTTP/1.1 200"));  // an end before it would be that of the request
  client.reset();
  ASSERT_EQ(gone.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  responder->After(std::chrono::hours(1), [] {});
  server.reset();  // at once
}

}  // namespace
}  // namespace parzen::http
