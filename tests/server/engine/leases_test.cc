// Leases: granted, renewed, run out, by a clock that the tests move.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/server/engine/leases_fixture.h"

namespace parzen::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using enum HeartbeatReply;

TEST_F(LeasesTest, AreGrantedAndShown) {
  MakeStudy();
  const Trial trial = harness_.AskLeased("s", 120);
  EXPECT_EQ(trial.lease_micros, 120'000'000);
  EXPECT_EQ(trial.lease_deadline, harness_.now().load() + 120'000'000);
  harness_.Pass(50);
  const Trial read = Get(0);
  EXPECT_EQ(read.lease_micros, 120'000'000);
  EXPECT_EQ(read.lease_deadline, harness_.now().load() + 70'000'000);
  const Trial unleased = harness_.AskOne("s");
  EXPECT_EQ(unleased.lease_micros, 0);
  EXPECT_EQ(unleased.lease_deadline, 0);
  ASSERT_EQ(harness_.Tell(trial, {1}).status(), absl::OkStatus());
  EXPECT_EQ(Get(0).lease_deadline, 0);
}

TEST_F(LeasesTest, BoundsAreChecked) {
  MakeStudy();
  AskCommand command;
  command.study = "s";
  for (const int64_t micros : {int64_t{0}, int64_t{-1}, int64_t{999'999}, int64_t{86'400'000'001}, INT64_MIN, INT64_MAX}) {
    command.lease_micros = micros;
    const absl::Status status = harness_.Ask(command).status();
    EXPECT_EQ(Reason(status), "BAD_FIELD") << micros;
    EXPECT_THAT(std::string(status.message()), HasSubstr("1 to 86,400 seconds")) << micros;
  }
  EXPECT_TRUE(harness_.AllTrials("s").empty());
  for (const int64_t micros : {int64_t{1'000'000}, int64_t{86'400'000'000}}) {
    command.lease_micros = micros;
    EXPECT_EQ(harness_.Ask(command).status(), absl::OkStatus()) << micros;
  }
}

TEST_F(LeasesTest, OneThatRunsOutGivesTheTrialBack) {
  MakeStudy();
  const Trial lost = harness_.AskLeased("s", 10, "a");
  const Trial kept = harness_.AskOne("s");
  ASSERT_EQ(harness_.Report({{}, {{lost.handle, 1, 0.5}}}).status(), absl::OkStatus());
  UpdateTrialCommand update;
  update.trial = lost.handle;
  update.user_attrs = {{"node", "1"}};
  update.constraints = {{"memory", 1.0}};
  ASSERT_EQ(harness_.UpdateTrial(update).status(), absl::OkStatus());
  harness_.Pass(9.999999);
  EXPECT_EQ(Get(0).state, TrialState::kRunning);
  harness_.Pass(0.000001);
  const Trial waiting = Get(0);
  EXPECT_EQ(waiting.state, TrialState::kWaiting);
  EXPECT_EQ(waiting.handle.attempt, 1);
  EXPECT_EQ(waiting.losses, 1);
  EXPECT_EQ(ParamsOf(waiting), ParamsOf(lost));
  EXPECT_TRUE(waiting.intermediates.empty());
  EXPECT_TRUE(waiting.constraints.empty());
  EXPECT_EQ(waiting.user_attrs, update.user_attrs);
  EXPECT_EQ(waiting.lease_micros, 0);
  EXPECT_EQ(Get(1).state, TrialState::kRunning) << "a trial without lease is never taken back";

  // First of all, before enqueued and new ones.
  ASSERT_EQ(harness_.Enqueue({{}, "s", {}, {}}).status(), absl::OkStatus());
  AskCommand ask;
  ask.study = "s";
  ask.worker = "b";
  ask.count = 3;
  ask.lease_micros = 20'000'000;
  const auto answer = harness_.Ask(ask);
  ASSERT_EQ(answer.status(), absl::OkStatus());
  ASSERT_EQ(answer->trials.size(), 3u);
  const Trial& again = answer->trials[0];
  EXPECT_EQ(again.handle.number, 0);
  EXPECT_EQ(again.handle.attempt, 1);
  EXPECT_EQ(again.state, TrialState::kRunning);
  EXPECT_EQ(again.worker, "b");
  EXPECT_EQ(again.lease_micros, 20'000'000);
  EXPECT_EQ(ParamsOf(again), ParamsOf(lost));
  EXPECT_EQ(answer->trials[1].handle.number, 2);
  EXPECT_EQ(answer->trials[2].handle.number, 3);
  EXPECT_EQ(Summary(Get(0)), Summary(again));
  EXPECT_EQ(Get(0).sampled_at_revision, lost.sampled_at_revision);
  ASSERT_EQ(harness_.Tell(again, {0.5}).status(), absl::OkStatus());
  EXPECT_EQ(harness_.GetStudy("s")->counts, (TrialCounts{0, 3, 1, 0, 0, 0}));
}

TEST_F(LeasesTest, HeartbeatReportAndARepeatedAskRenew) {
  MakeStudy();
  AskCommand ask;
  ask.request = Key(1);
  ask.study = "s";
  ask.worker = "w";
  ask.lease_micros = 10'000'000;
  const Trial trial = harness_.Ask(ask)->trials.at(0);
  for (int round = 0; round < 5; ++round) {
    harness_.Pass(6);
    switch (round % 3) {
      case 0:
        EXPECT_THAT(Beat(harness_, {trial.handle}), ElementsAre(kContinue));
        break;
      case 1:
        ASSERT_EQ(harness_.Report({{}, {{trial.handle, round, 0.5}}}).status(), absl::OkStatus());
        break;
      default: {
        const auto repeated = harness_.Ask(ask);
        ASSERT_EQ(repeated.status(), absl::OkStatus());
        EXPECT_EQ(repeated->trials[0].lease_deadline, harness_.now().load() + 10'000'000);
        EXPECT_EQ(repeated->trials[0].lease_micros, 10'000'000);
      }
    }
    EXPECT_EQ(Get(0).lease_deadline, harness_.now().load() + 10'000'000) << round;
  }
  const int64_t revision = harness_.GetStudy("s")->revision;
  EXPECT_THAT(Beat(harness_, {trial.handle}), ElementsAre(kContinue));
  EXPECT_EQ(harness_.GetStudy("s")->revision, revision) << "a heartbeat writes nothing";
  EXPECT_EQ(Get(0).handle.attempt, 0);
  harness_.Pass(10);
  EXPECT_EQ(Get(0).state, TrialState::kWaiting);
}

TEST_F(LeasesTest, TheWallClockDoesNotMatter) {
  MakeStudy();
  const Trial trial = harness_.AskLeased("s", 10);
  for (const int64_t jump : {int64_t{86'400'000'000} * 400, int64_t{-86'400'000'000} * 800}) {
    harness_.now() += jump;
    harness_.Pass(1);
    EXPECT_EQ(Get(0).state, TrialState::kRunning) << jump;
    EXPECT_EQ(Get(0).lease_deadline - harness_.now().load(), jump > 0 ? 9'000'000 : 8'000'000);
  }
  harness_.Pass(7);
  EXPECT_EQ(Get(0).state, TrialState::kRunning);
  harness_.Pass(1);
  EXPECT_EQ(Get(0).state, TrialState::kWaiting);
}

TEST_F(LeasesTest, PastMaxRetriesATrialFails) {
  MakeStudy(2, 1);
  for (int attempt = 0; attempt <= 2; ++attempt) {
    const Trial trial = harness_.AskLeased("s", 10);
    EXPECT_EQ(trial.handle, (TrialHandle{trial.handle.study_uid, 0, attempt}));
    EXPECT_EQ(Reason(harness_.Ask("s").status()), "ALL_HANDED_OUT") << "a retry may come";
    harness_.Pass(10);
  }
  const Trial failed = Get(0);
  EXPECT_EQ(failed.state, TrialState::kFailed);
  EXPECT_EQ(failed.failure, FailureKind::kCrashed);
  EXPECT_EQ(failed.losses, 3);
  EXPECT_EQ(failed.finished_at, harness_.now().load());
  EXPECT_THAT(failed.reason, HasSubstr("3 times"));
  EXPECT_EQ(harness_.GetStudy("s")->state, StudyState::kFinished);
  EXPECT_EQ(Reason(harness_.Ask("s").status()), "STUDY_FINISHED");
  EXPECT_THAT(Beat(harness_, {failed.handle}), ElementsAre(kLeaseLost));
  EXPECT_EQ(Reason(harness_.Tell(failed, {1}).status()), "OUTCOME_DIFFERS");
}

TEST_F(LeasesTest, WithoutRetriesTheFirstLossFails) {
  MakeStudy(0);
  harness_.AskLeased("s", 10);
  harness_.Pass(10);
  EXPECT_EQ(Get(0).state, TrialState::kFailed);
  EXPECT_THAT(Get(0).reason, HasSubstr("1 time,"));
}

TEST_F(LeasesTest, ResumeGivesAFreshLease) {
  MakeStudy();
  harness_.AskLeased("s", 10, "a");
  harness_.Pass(8);
  const Trial resumed = harness_.AskLeased("s", 30, "a", /*resume=*/true);
  EXPECT_EQ(resumed.handle.number, 0);
  EXPECT_EQ(resumed.handle.attempt, 0);
  EXPECT_EQ(resumed.lease_micros, 30'000'000);
  EXPECT_EQ(Summary(Get(0)), Summary(resumed));
  EXPECT_EQ(Get(0).lease_micros, 30'000'000);
  harness_.Pass(29);
  EXPECT_EQ(Get(0).state, TrialState::kRunning);
  // An Ask that wants none gives none.
  AskCommand ask;
  ask.study = "s";
  ask.worker = "a";
  ask.resume = true;
  const auto unleased = harness_.Ask(ask);
  ASSERT_EQ(unleased.status(), absl::OkStatus());
  EXPECT_EQ(unleased->trials[0].lease_micros, 0);
  harness_.Pass(1000);
  EXPECT_EQ(Get(0).state, TrialState::kRunning);
  EXPECT_EQ(harness_.AllTrials("s").size(), 1u);
}

TEST_F(LeasesTest, ARestartGivesEveryLeaseAFullPeriod) {
  MakeStudy();
  const Trial lost = harness_.AskLeased("s", 10);
  harness_.Pass(10);
  const Trial running = harness_.AskLeased("s", 10);
  ASSERT_EQ(running.handle.attempt, 1);
  const Trial preempted = harness_.AskOne("s");
  ASSERT_EQ(harness_.TellFailed(preempted, FailureKind::kPreempted).status(), absl::OkStatus());
  harness_.Pass(9);
  harness_.Restart();
  EXPECT_EQ(Get(0).lease_deadline, harness_.now().load() + 10'000'000);
  EXPECT_EQ(Get(0).handle.attempt, 1);
  EXPECT_EQ(Get(0).losses, 1);
  EXPECT_THAT(Beat(harness_, {running.handle, lost.handle}), ElementsAre(kContinue, kLeaseLost));
  const Trial again = harness_.AskOne("s");
  EXPECT_EQ(again.handle, (TrialHandle{preempted.handle.study_uid, 1, 1}));
  EXPECT_EQ(ParamsOf(again), ParamsOf(preempted));
  harness_.Pass(10);
  EXPECT_EQ(Get(0).handle.attempt, 2);
  EXPECT_EQ(Get(0).losses, 2);
}

// Nobody calls after the restart: the study is found and loaded by itself.
TEST_F(LeasesTest, RunOutThoughNobodyTouchesTheStudyAfterARestart) {
  MakeStudy();
  harness_.AskLeased("s", 10);
  harness_.MakeStudy("unleased", Define({Real("x", 0, 1)}));
  harness_.AskOne("unleased");
  harness_.Restart();
  while (harness_.service().LiveStudies() == 0) std::this_thread::yield();  // it is loaded by itself
  EXPECT_EQ(harness_.service().LiveStudies(), 1);
  EXPECT_EQ(Get(0).state, TrialState::kRunning);
  harness_.Pass(10);
  EXPECT_EQ(Get(0).state, TrialState::kWaiting);
}

TEST_F(LeasesTest, APausedStudyTakesBackAndHandsNothingOut) {
  MakeStudy();
  const Trial trial = harness_.AskLeased("s", 10);
  UpdateStudyCommand update;
  update.study = "s";
  update.state = StudyState::kPaused;
  ASSERT_EQ(harness_.UpdateStudy(update).status(), absl::OkStatus());
  EXPECT_THAT(Beat(harness_, {trial.handle}), ElementsAre(kContinue));
  harness_.Pass(10);
  EXPECT_EQ(Get(0).state, TrialState::kWaiting);
  EXPECT_EQ(Reason(harness_.Ask("s").status()), "STUDY_PAUSED");
  update.state = StudyState::kFinished;
  ASSERT_EQ(harness_.UpdateStudy(update).status(), absl::OkStatus());
  EXPECT_EQ(Reason(harness_.Ask("s").status()), "STUDY_FINISHED");
  update.state = StudyState::kActive;
  ASSERT_EQ(harness_.UpdateStudy(update).status(), absl::OkStatus());
  EXPECT_EQ(harness_.AskOne("s").handle, (TrialHandle{trial.handle.study_uid, 0, 1}));
}

TEST_F(LeasesTest, AStudyWithLeasesStaysInMemory) {
  ServiceOptions options;
  options.memory_bound = 1;  // whatever is idle goes
  Harness harness(Harness::Kind::kFile, options);
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  const Trial trial = harness.AskLeased("s", 10);
  harness.MakeStudy("other", Define({Real("x", 0, 1)}));
  for (int i = 0; i < 3; ++i) ASSERT_EQ(harness.Tell(harness.AskOne("other"), {1}).status(), absl::OkStatus());
  harness.Pass(10);
  EXPECT_EQ(harness.GetTrial("s", 0)->state, TrialState::kWaiting);
}

// The timer's own thread, by the system's clock.
TEST(LeaseTimerTest, TakesBackByItself) {
  ServiceOptions options;
  options.monotonic_micros = [] {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  };
  Harness harness(Harness::Kind::kMemory, options);
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  const Trial lost = harness.AskLeased("s", 1);
  harness.AskLeased("s", 86'400);
  while (harness.GetTrial("s", 0)->state == TrialState::kRunning) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(harness.GetTrial("s", 0)->handle.attempt, 1);
  EXPECT_EQ(harness.GetTrial("s", 1)->state, TrialState::kRunning);
}

}  // namespace
}  // namespace parzen::engine
