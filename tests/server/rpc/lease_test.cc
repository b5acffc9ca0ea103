// Leases over the wire: what messages say of them, through a real server whose monotonic clock the tests move.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <ctime>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/server/rpc/live_server.h"

namespace parzen {
namespace {

using Stub = v1::Optimizer::Stub;
using ::testing::HasSubstr;

class LeaseTest : public ::testing::Test {
 protected:
  LeaseTest() {
    Must(stub(), &Stub::CreateStudy,
         "study { name: 'a' sampler { random {} seed: 1 } space { parameters { name: 'x' distribution { float { low: 0 high: 1 } "
         "} } } }");
  }
  static engine::ServiceOptions Clock(std::shared_ptr<std::atomic<int64_t>> micros) {
    engine::ServiceOptions options;
    options.monotonic_micros = [micros] { return micros->load(); };
    options.uptime_micros = [] { return int64_t{0}; };  // never stands still
    return options;
  }
  // Returns when the leases that ran out are durably taken back: a change that is made after them is durable.
  void Pass(int64_t seconds) {
    *micros_ += seconds * 1'000'000;
    live_.service()->CheckLeases();
    Must(stub(), &Stub::UpdateStudy,
         "study { name: 'a' user_attrs { key: 'time' json: '1' } } update_mask { paths: 'user_attrs' }");
  }
  v1::Trial Ask(const std::string& more = "lease_seconds: 120") {
    const auto asked = Must(stub(), &Stub::Ask, absl::StrCat("study: 'a' worker: 'w' ", more));
    EXPECT_EQ(asked.trials_size(), 1);
    return asked.trials(0);
  }
  v1::HeartbeatResponse::Answer Beat(const v1::Trial& trial) {
    const auto answered = Must(stub(), &Stub::Heartbeat, absl::StrCat("worker: 'w' trials {", TextOf(trial.handle()), "}"));
    EXPECT_EQ(answered.answers_size(), 1);
    return answered.answers(0);
  }
  std::string TryTell(const v1::Trial& trial, const std::string& outcome) {
    return Try(stub(), &Stub::Tell, absl::StrCat("outcomes { trial {", TextOf(trial.handle()), "} ", outcome, "}"));
  }
  v1::Trial Get(int64_t number) { return Must(stub(), &Stub::GetTrial, absl::StrCat("study: 'a' number: ", number)); }
  Stub* stub() { return stub_.get(); }

 private:
  TestDirectory directory_;
  std::shared_ptr<std::atomic<int64_t>> micros_ = std::make_shared<std::atomic<int64_t>>(1'000'000);
  LiveServer live_{directory_.File("studies.db"), {}, Clock(micros_)};
  std::unique_ptr<Stub> stub_ = v1::Optimizer::NewStub(live_.Connect());
};

TEST_F(LeaseTest, IsShownRenewedAndLost) {
  const v1::Trial trial = Ask();
  const std::time_t asked = std::time(nullptr);
  EXPECT_EQ(trial.lease_seconds(), 120);
  EXPECT_GE(trial.lease_deadline().seconds(), trial.start_time().seconds() + 120);
  EXPECT_LE(trial.lease_deadline().seconds(), asked + 120);
  EXPECT_EQ(trial.handle().attempt(), 0);
  Pass(100);
  EXPECT_EQ(Beat(trial), v1::HeartbeatResponse::CONTINUE);
  Pass(100);
  const auto reported =
      Must(stub(), &Stub::Report, absl::StrCat("reports { trial {", TextOf(trial.handle()), "} step: 1 value: 2 }"));
  EXPECT_FALSE(reported.advice(0).stop_requested());
  Pass(119);
  EXPECT_EQ(Get(0).state(), v1::Trial::RUNNING);
  Pass(1);
  EXPECT_EQ(Beat(trial), v1::HeartbeatResponse::LEASE_LOST);
  const v1::Trial again = Ask("");
  EXPECT_EQ(again.handle().number(), 0);
  EXPECT_EQ(again.handle().attempt(), 1);
  EXPECT_EQ(again.lost_leases(), 1);
  EXPECT_EQ(again.intermediate_values_size(), 0);
  EXPECT_FALSE(again.has_lease_seconds());
  EXPECT_FALSE(again.has_lease_deadline());
  EXPECT_EQ(again.params(0).SerializeAsString(), trial.params(0).SerializeAsString());
  EXPECT_EQ(TryTell(trial, "state: FAILED"), "ABORTED LEASE_LOST");
  EXPECT_EQ(TryTell(trial, "state: PRUNED"), "ABORTED LEASE_LOST");
  EXPECT_EQ(Try(stub(), &Stub::Report, absl::StrCat("reports { trial {", TextOf(trial.handle()), "} step: 1 value: 2 }")),
            "ABORTED LEASE_LOST");
  EXPECT_EQ(TryTell(trial, "values: 0.5"), "OK");
  EXPECT_EQ(TryTell(again, "values: 0.25"), "FAILED_PRECONDITION OUTCOME_DIFFERS");
  EXPECT_EQ(Get(0).values(0), 0.5);
}

TEST_F(LeaseTest, PreemptedComesBackWaiting) {
  const v1::Trial trial = Ask();
  const auto told = Must(stub(), &Stub::Tell,
                         absl::StrCat("outcomes { trial {", TextOf(trial.handle()),
                                      "} state: FAILED failure { kind: PREEMPTED reason: 'node gone' } }"));
  EXPECT_EQ(told.trials(0).state(), v1::Trial::WAITING);
  EXPECT_EQ(told.trials(0).handle().attempt(), 1);
  EXPECT_FALSE(told.trials(0).has_failure());
  EXPECT_EQ(Ask().handle().attempt(), 1);
  EXPECT_EQ(Get(0).lost_leases(), 0);
}

TEST_F(LeaseTest, StopReachesHeartbeatAndReport) {
  const v1::Trial trial = Ask();
  Must(stub(), &Stub::StopTrial, absl::StrCat("trial {", TextOf(trial.handle()), "}"));
  EXPECT_TRUE(Get(0).stop_requested());
  EXPECT_EQ(Beat(trial), v1::HeartbeatResponse::STOP);
  EXPECT_TRUE(Must(stub(), &Stub::Report, absl::StrCat("reports { trial {", TextOf(trial.handle()), "} step: 1 value: 2 }"))
                  .advice(0)
                  .stop_requested());
  Pass(120);
  const v1::Trial ended = Get(0);
  EXPECT_EQ(ended.state(), v1::Trial::FAILED);
  EXPECT_EQ(ended.failure().kind(), v1::Failure::CRASHED);
  EXPECT_THAT(ended.failure().reason(), HasSubstr("asked to stop"));
}

}  // namespace
}  // namespace parzen
