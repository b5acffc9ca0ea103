// A watch over a carrier that does what the test says: when it reads on, when it rests, and how it ends meanwhile.

#include "server/optimizer/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "parzen/v1/parzen.pb.h"
#include "tests/server/engine/harness.h"

namespace parzen::optimizer {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kPatience(60);  // for what comes sooner on any machine

// The client's end of a stream, which the test and the carrier share.
class Client {
 public:
  // The next message, which is acknowledged at once; null where the stream has ended instead.
  std::optional<v1::WatchStudyResponse> Next() {
    rpc::StreamCarrier::Listener* listener = nullptr;
    std::optional<v1::WatchStudyResponse> message;
    {
      const MutexLock lock(&mutex_);
      const auto end = std::chrono::steady_clock::now() + kPatience;
      while (!message_ && !status_ && told_.WaitUntil(&mutex_, end)) {
      }
      message = std::exchange(message_, std::nullopt);
      listener = listener_;
    }
    if (message) listener->OnWritten(true);
    return message;
  }
  // How the stream has ended; the carrier is told that this was the last.
  absl::Status End() {
    while (Next()) {
    }
    rpc::StreamCarrier::Listener* listener = nullptr;
    absl::Status status;
    {
      const MutexLock lock(&mutex_);
      status = status_.value_or(absl::DeadlineExceededError("the stream has not ended"));
      listener = listener_;
    }
    listener->OnOver();
    return status;
  }
  void HangUp() {
    rpc::StreamCarrier::Listener* listener = nullptr;
    {
      const MutexLock lock(&mutex_);
      listener = listener_;
    }
    listener->OnGone();
  }
  int messages() const {
    const MutexLock lock(&mutex_);
    return messages_;
  }

 private:
  friend class TestCarrier;

  mutable Mutex mutex_;
  CondVar told_;
  rpc::StreamCarrier::Listener* listener_ GUARDED_BY(mutex_) = nullptr;
  std::optional<v1::WatchStudyResponse> message_ GUARDED_BY(mutex_);
  std::optional<absl::Status> status_ GUARDED_BY(mutex_);
  int messages_ GUARDED_BY(mutex_) = 0;
};

class TestCarrier final : public rpc::StreamCarrier {
 public:
  explicit TestCarrier(std::shared_ptr<Client> client) : client_(std::move(client)) {}

  security::Origin origin() const override { return {}; }
  std::string_view Header(std::string_view) const override { return {}; }
  std::chrono::system_clock::time_point deadline() const override { return std::chrono::system_clock::time_point::max(); }
  bool expired() const override { return false; }
  absl::Status Read(int64_t, google::protobuf::Message*) override { return absl::UnimplementedError("read by the test"); }
  absl::Status Serialize(const google::protobuf::Message& response) override {
    serialized_.ParseFromString(response.SerializeAsString());
    return absl::OkStatus();
  }
  void Finish(const absl::Status& status) override {
    const MutexLock lock(&client_->mutex_);
    client_->status_ = status;
    client_->told_.NotifyAll();
  }
  void Listen(Listener* listener) override {
    const MutexLock lock(&client_->mutex_);
    client_->listener_ = listener;
  }
  void Write() override {
    const MutexLock lock(&client_->mutex_);
    EXPECT_FALSE(client_->message_.has_value()) << "two writes in flight";
    client_->message_ = serialized_;
    ++client_->messages_;
    client_->told_.NotifyAll();
  }
  void CutOff() override {}

 private:
  const std::shared_ptr<Client> client_;
  v1::WatchStudyResponse serialized_;
};

class WatchRests : public ::testing::Test {
 protected:
  WatchRests() { harness_.MakeStudy("s", engine::Define({engine::Real("x", 0, 1)})); }

  // Opens a stream that has sent what was there.
  std::shared_ptr<Client> Open(WatchRegistry* registry) {
    auto client = std::make_shared<Client>();
    engine::WatchCommand command;
    command.study = "s";
    registry->Start(&harness_.service(), std::move(command), security::Caller(), std::make_unique<TestCarrier>(client));
    const auto first = client->Next();
    EXPECT_TRUE(first.has_value() && first->has_study());
    return client;
  }
  void Complete(int trials) {
    for (int i = 0; i < trials; ++i) ASSERT_EQ(harness_.Tell(harness_.AskOne("s"), {1.0}).status(), absl::OkStatus());
  }

  engine::Harness harness_;
};

WatchOptions Resting(milliseconds rest) {
  WatchOptions options;
  options.rest = rest;
  options.longest_rest = rest;
  return options;
}

// Each trial's last state comes, however the changes fall between reads, writes and rests.
TEST_F(WatchRests, NothingIsMissed) {
  constexpr int kTrials = 200;
  WatchRegistry registry(Resting(milliseconds(2)));
  const auto client = Open(&registry);
  std::thread worker([this] { Complete(kTrials); });
  std::map<int64_t, v1::Trial::State> states;
  int64_t revision = 0;
  const auto complete = [&states] {
    return std::count_if(states.begin(), states.end(), [](const auto& trial) { return trial.second == v1::Trial::COMPLETE; });
  };
  while (complete() < kTrials) {
    const auto message = client->Next();
    if (!message) break;
    EXPECT_GT(message->revision(), revision);
    revision = message->revision();
    for (const v1::Trial& trial : message->trials()) states[trial.handle().number()] = trial.state();
  }
  worker.join();
  EXPECT_EQ(complete(), kTrials);
  registry.CloseAll(absl::UnavailableError("over"));
  EXPECT_EQ(client->End().code(), absl::StatusCode::kUnavailable);
}

TEST_F(WatchRests, SendsNothingBeforeItsTimeAndEndsAtOnce) {
  WatchRegistry registry(Resting(hours(24)));
  const auto client = Open(&registry);
  Complete(10);
  EXPECT_EQ(registry.open(), 1);
  registry.CloseAll(absl::UnavailableError("over"));
  EXPECT_EQ(client->End().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(client->messages(), 1);
}

TEST_F(WatchRests, AClientThatHangsUpMeanwhileIsForgotten) {
  WatchRegistry registry(Resting(hours(24)));
  const auto client = Open(&registry);
  Complete(1);
  client->HangUp();
  EXPECT_EQ(client->End().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(registry.open(), 0);
  // Others go on.
  const auto other = Open(&registry);
  other->HangUp();
  EXPECT_EQ(other->End().code(), absl::StatusCode::kCancelled);
}

TEST_F(WatchRests, ADeletedStudyEndsIt) {
  WatchRegistry registry(Resting(milliseconds(50)));
  const auto client = Open(&registry);
  engine::DeleteStudyCommand command;
  command.study = "s";
  ASSERT_EQ(harness_.DeleteStudy(std::move(command)), absl::OkStatus());
  EXPECT_EQ(client->End().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace parzen::optimizer
