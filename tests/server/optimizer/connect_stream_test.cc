// A Connect stream over a transport that takes what is written when the test says.

#include "server/optimizer/connect/stream.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace parzen::optimizer::connect {
namespace {

class HeldResponder final : public http::Responder {
 public:
  void Answer(http::Head, std::string) override {}
  void Begin(http::Head) override {}
  bool Write(std::string, std::function<void(bool)> written) override {
    written_ = std::move(written);
    return true;
  }
  void End() override {}
  void Abort() override {}
  void OnGone(std::function<void()>) override {}
  void After(std::chrono::milliseconds, std::function<void()>) override {}

  // The client takes what was written last.
  void Take() { std::exchange(written_, nullptr)(true); }

 private:
  std::function<void(bool)> written_;
};

struct Ends final : rpc::StreamCarrier::Listener {
  void OnWritten(bool) override { ADD_FAILURE() << "nothing was sent"; }
  void OnGone() override { ADD_FAILURE() << "the client is there"; }
  void OnExpired() override { ADD_FAILURE() << "there is no deadline"; }
  void OnOver() override { ++over; }
  int over = 0;
};

// A server that shuts down ends the streams that it knows of, by another thread, whether they have been told to listen or not.
TEST(ConnectStreamTest, ItsEndIsHeardOfWheneverSomebodyListens) {
  for (const bool listens_first : {true, false}) {
    SCOPED_TRACE(listens_first);
    const auto responder = std::make_shared<HeldResponder>();
    WatchCarrier carrier(Format::kJson, {}, responder);
    Ends ends;
    if (listens_first) carrier.Listen(&ends);
    carrier.Finish(absl::UnavailableError("the server ends"));
    responder->Take();
    if (!listens_first) carrier.Listen(&ends);
    EXPECT_EQ(ends.over, 1);
  }
}

}  // namespace
}  // namespace parzen::optimizer::connect
