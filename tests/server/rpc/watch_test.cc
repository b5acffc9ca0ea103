// WatchStudy: each trial with its latest state, in revision order, nothing missed; how a stream ends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/server/rpc/live_server.h"

namespace parzen {
namespace {

using Stub = v1::Optimizer::Stub;

constexpr std::string_view kStudy =
    "study { name: 'a' sampler { random {} } space { parameters { name: 'x' distribution { float { low: 0 high: 1 } } } } }";

// A stream that a test reads.
class Watch {
 public:
  Watch(Stub* stub, std::string_view request) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(120));
    reader_ = stub->WatchStudy(&context_, Proto<v1::WatchStudyRequest>(request));
  }
  bool Read(v1::WatchStudyResponse* response) { return reader_->Read(response); }
  // Reads what is left; the status.
  grpc::Status Finish() {
    v1::WatchStudyResponse rest;
    while (reader_->Read(&rest)) {
    }
    return reader_->Finish();
  }
  grpc::ClientContext* context() { return &context_; }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchStudyResponse>> reader_;
};

class WatchTest : public ::testing::Test {
 protected:
  std::string TellOne(int64_t value) {
    const auto asked = Must(stub_.get(), &Stub::Ask, "study: 'a'");
    return Try(stub_.get(), &Stub::Tell,
               absl::StrCat("outcomes { trial {", TextOf(asked.trials(0).handle()), "} values: ", value, "}"));
  }

  TestDirectory directory_;
  LiveServer live_{directory_.File("studies.db")};
  std::unique_ptr<Stub> stub_ = v1::Optimizer::NewStub(live_.Connect());
};

TEST_F(WatchTest, BeginsWithTheStudyAndWhatIsThere) {
  Must(stub_.get(), &Stub::CreateStudy, kStudy);
  for (int i = 0; i < 3; ++i) TellOne(i);
  Watch watch(stub_.get(), "study: 'a'");
  v1::WatchStudyResponse response;
  ASSERT_TRUE(watch.Read(&response));
  EXPECT_EQ(response.study().name(), "a");
  ASSERT_EQ(response.trials_size(), 3);
  EXPECT_EQ(response.trials(2).state(), v1::Trial::COMPLETE);
  EXPECT_EQ(response.revision(), Must(stub_.get(), &Stub::GetStudy, "study: 'a'").revision());
  // What changes comes.
  Must(stub_.get(), &Stub::Ask, "study: 'a' worker: 'w'");
  ASSERT_TRUE(watch.Read(&response));
  ASSERT_EQ(response.trials_size(), 1);
  EXPECT_EQ(response.trials(0).handle().number(), 3);
  EXPECT_EQ(response.trials(0).state(), v1::Trial::RUNNING);
  Must(stub_.get(), &Stub::UpdateStudy, "study { name: 'a' state: PAUSED } update_mask { paths: 'state' }");
  do {
    ASSERT_TRUE(watch.Read(&response));
  } while (!response.has_study());
  EXPECT_EQ(response.study().state(), v1::Study::PAUSED);
  watch.context()->TryCancel();
  EXPECT_EQ(watch.Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(WatchTest, Refuses) {
  Must(stub_.get(), &Stub::CreateStudy, kStudy);
  EXPECT_EQ(Spell(Watch(stub_.get(), "study: 'zz'").Finish()), "NOT_FOUND NO_SUCH_STUDY");
  EXPECT_EQ(Spell(Watch(stub_.get(), "").Finish()), "INVALID_ARGUMENT BAD_FIELD study");
  EXPECT_EQ(Spell(Watch(stub_.get(), "study: 'a' after_revision: -1").Finish()), "INVALID_ARGUMENT BAD_FIELD after_revision");
  v1::WatchStudyRequest unknown = Proto<v1::WatchStudyRequest>("study: 'a'");
  unknown.set_view(static_cast<v1::View>(77));
  grpc::ClientContext context;
  auto reader = stub_->WatchStudy(&context, unknown);
  v1::WatchStudyResponse response;
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(Spell(reader->Finish()), "INVALID_ARGUMENT BAD_FIELD view");
}

TEST_F(WatchTest, EndsWithItsStudy) {
  Must(stub_.get(), &Stub::CreateStudy, kStudy);
  Watch watch(stub_.get(), "study: 'a'");
  v1::WatchStudyResponse response;
  ASSERT_TRUE(watch.Read(&response));
  Must(stub_.get(), &Stub::DeleteStudy, "study: 'a'");
  EXPECT_EQ(Spell(watch.Finish()), "NOT_FOUND STUDY_DELETED");
}

TEST_F(WatchTest, EndsWithTheServer) {
  Must(stub_.get(), &Stub::CreateStudy, kStudy);
  Watch watch(stub_.get(), "study: 'a'");
  v1::WatchStudyResponse response;
  ASSERT_TRUE(watch.Read(&response));
  live_.Stop();
  EXPECT_EQ(Spell(watch.Finish()), "UNAVAILABLE SHUTTING_DOWN");
}

// A hundred watchers while 8 workers ask and tell: each sees revisions rise, and in the end the latest state of every trial.
TEST_F(WatchTest, AHundredWatchersMissNothing) {
  constexpr int kWatchers = 100, kTrials = 400;
  Must(stub_.get(), &Stub::CreateStudy, std::string(kStudy).insert(kStudy.rfind('}'), absl::StrCat(" max_trials: ", kTrials)));
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < 4; ++i) channels.push_back(live_.Connect());
  std::vector<std::thread> watchers, workers;
  std::atomic<int> complete{0};
  for (int i = 0; i < kWatchers; ++i) {
    watchers.emplace_back([&, i] {
      const auto stub = v1::Optimizer::NewStub(channels[i % channels.size()]);
      Watch watch(stub.get(), "study: 'a'");
      std::map<int64_t, v1::Trial::State> states;
      int64_t revision = 0;
      v1::WatchStudyResponse response;
      bool finished = false;
      while (!finished && watch.Read(&response)) {
        int64_t last = revision;
        for (const v1::Trial& trial : response.trials()) {
          EXPECT_GT(trial.revision(), last);
          last = trial.revision();
          states[trial.handle().number()] = trial.state();
        }
        EXPECT_GE(response.revision(), last);
        revision = response.revision();
        finished = response.has_study() && response.study().state() == v1::Study::FINISHED;
      }
      watch.context()->TryCancel();
      int good = 0;
      for (const auto& [number, state] : states) good += state == v1::Trial::COMPLETE ? 1 : 0;
      EXPECT_EQ(good, kTrials);
      if (good == kTrials) ++complete;
    });
  }
  for (int i = 0; i < 8; ++i) {
    workers.emplace_back([&] {
      const auto stub = v1::Optimizer::NewStub(live_.Connect());
      for (;;) {
        v1::AskResponse asked;
        if (!Call(stub.get(), &Stub::Ask, Proto<v1::AskRequest>("study: 'a'"), &asked).ok()) return;
        Must(stub.get(), &Stub::Tell, absl::StrCat("outcomes { trial {", TextOf(asked.trials(0).handle()), "} values: 1 }"));
      }
    });
  }
  for (std::thread& thread : workers) thread.join();
  for (std::thread& thread : watchers) thread.join();
  EXPECT_EQ(complete, kWatchers);
}

TEST(WatchLimitTest, NoMoreThanAllowed) {
  TestDirectory directory;
  LiveServer live(directory.File("studies.db"), {}, {}, {.max_watches = 2});
  const auto stub = v1::Optimizer::NewStub(live.Connect());
  Must(stub.get(), &Stub::CreateStudy, kStudy);
  Watch one(stub.get(), "study: 'a'"), two(stub.get(), "study: 'a'");
  v1::WatchStudyResponse response;
  ASSERT_TRUE(one.Read(&response));
  ASSERT_TRUE(two.Read(&response));
  EXPECT_EQ(Spell(Watch(stub.get(), "study: 'a'").Finish()), "RESOURCE_EXHAUSTED LIMIT_WATCHES");
}

// Waits for streams to end.
class StreamEnds final : public rpc::CallMeter {
 public:
  void Ended(const security::Method& method, absl::StatusCode code, std::chrono::nanoseconds) override {
    if (method.path == "/parzen.v1.Optimizer/WatchStudy" && code == absl::StatusCode::kResourceExhausted) ended_.release();
  }
  void Wait() { ended_.acquire(); }

 private:
  std::counting_semaphore<> ended_{0};
};

// A client that reads one message and no more, while the study changes by far more than a connection buffers.
TEST(WatchLimitTest, ASlowConsumerIsToldWhereToResume) {
  TestDirectory directory;
  StreamEnds ends;
  rpc::ServerOptions options;
  options.meter = &ends;
  LiveServer live(directory.File("studies.db"), options, {}, {.slow_consumer = std::chrono::milliseconds(1500)});
  const auto stub = v1::Optimizer::NewStub(live.Connect());
  Must(stub.get(), &Stub::CreateStudy, kStudy);
  const auto asked = Must(stub.get(), &Stub::Ask, "study: 'a' count: 40");
  const auto watching = v1::Optimizer::NewStub(live.Connect());
  Watch watch(watching.get(), "study: 'a' view: FULL");
  v1::WatchStudyResponse response;
  ASSERT_TRUE(watch.Read(&response));
  const std::string big(200'000, 'x');
  for (const v1::Trial& trial : asked.trials()) {
    Must(stub.get(), &Stub::UpdateTrial,
         absl::StrCat("trial {", TextOf(trial.handle()), "} user_attrs { key: 'big' json: '\"", big, "\"' }"));
  }
  ends.Wait();
  int64_t revision = response.revision();
  size_t trials = 0;
  while (watch.Read(&response)) {
    revision = response.revision();
    trials += response.trials_size();
  }
  const grpc::Status status = watch.Finish();
  ASSERT_EQ(Spell(status), "RESOURCE_EXHAUSTED SLOW_CONSUMER");
  // What was sent ends at or after the revision that is said; from there on nothing is missing.
  const int64_t resume = std::stoll(InfoOf(status).metadata().at("revision"));
  EXPECT_LE(resume, revision);
  Watch again(watching.get(), absl::StrCat("study: 'a' after_revision: ", resume));
  const int64_t target = Must(stub.get(), &Stub::GetStudy, "study: 'a'").revision();
  int64_t seen = 0;
  while (seen < target && again.Read(&response)) seen = response.revision();
  EXPECT_EQ(seen, target);
}

}  // namespace
}  // namespace parzen
