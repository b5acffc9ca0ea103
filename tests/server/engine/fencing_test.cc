// Who may say what of a trial that was taken back: fencing, late results, preemption, StopTrial.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/server/engine/leases_fixture.h"

namespace parzen::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using enum HeartbeatReply;

TEST_F(LeasesTest, AnOlderAttemptChangesNothing) {
  MakeStudy();
  const Trial old = harness_.AskLeased("s", 10, "a");
  harness_.Pass(10);
  const auto refused = [&] {
    const Trial before = Get(0);
    const int64_t revision = harness_.GetStudy("s")->revision;
    EXPECT_THAT(Beat(harness_, {old.handle}), ElementsAre(kLeaseLost));
    for (const absl::Status& status :
         {harness_.Report({{}, {{old.handle, 1, 0.5}}}).status(), harness_.Tell(old, {}, TrialState::kFailed).status(),
          harness_.Tell(old, {}, TrialState::kPruned).status(), harness_.TellFailed(old, FailureKind::kPreempted).status(),
          harness_.StopTrial({{}, old.handle}), harness_.Tell(old, {std::nan("")}).status()}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
      EXPECT_EQ(Reason(status), "LEASE_LOST");
    }
    EXPECT_EQ(Summary(Get(0)), Summary(before));
    EXPECT_EQ(harness_.GetStudy("s")->revision, revision);
  };
  refused();  // while it waits
  const Trial young = harness_.AskLeased("s", 10, "b");
  refused();  // while it runs elsewhere
  ASSERT_EQ(harness_.Tell(young, {0.5}).status(), absl::OkStatus());
  refused();  // and when it has ended
  harness_.Restart();
  refused();
  EXPECT_EQ(Reason(harness_.Tell(old, {0.25}).status()), "OUTCOME_DIFFERS");
  EXPECT_EQ(harness_.Tell(old, {0.5}).status(), absl::OkStatus()) << "the same outcome";
}

TEST_F(LeasesTest, ALateResultIsWelcomeWhileTheTrialWaits) {
  MakeStudy();
  const Trial old = harness_.AskLeased("s", 10);
  harness_.Pass(10);
  const auto told = harness_.Tell(old, {0.25});
  ASSERT_EQ(told.status(), absl::OkStatus());
  EXPECT_EQ(told->trials[0].state, TrialState::kComplete);
  EXPECT_EQ(Get(0).values, std::vector<double>{0.25});
  EXPECT_EQ(harness_.AskOne("s").handle.number, 1) << "it is not handed out again";
  EXPECT_EQ(harness_.BestTrials({"s"})->trials.at(0).handle.number, 0);
  // Also from who names the attempt that waits, as it is read; it has not run, so that it cannot have failed.
  harness_.AskLeased("s", 10);
  harness_.Pass(10);
  const Trial read = Get(2);
  EXPECT_EQ(read.state, TrialState::kWaiting);
  EXPECT_EQ(Reason(harness_.Tell(read, {}, TrialState::kFailed).status()), "TRIAL_NOT_RUNNING");
  EXPECT_EQ(harness_.Tell(read, {0.5}).status(), absl::OkStatus());
  EXPECT_EQ(Get(2).state, TrialState::kComplete);
}

TEST_F(LeasesTest, ALateResultIsWelcomeWhileTheTrialRunsElsewhere) {
  MakeStudy();
  const Trial old = harness_.AskLeased("s", 10, "a");
  harness_.Pass(10);
  const Trial young = harness_.AskLeased("s", 10, "b");
  ASSERT_EQ(harness_.Tell(old, {0.25}).status(), absl::OkStatus());
  EXPECT_THAT(Beat(harness_, {young.handle}), ElementsAre(kLeaseLost));
  EXPECT_EQ(Reason(harness_.Report({{}, {{young.handle, 1, 0.5}}}).status()), "TRIAL_FINISHED");
  EXPECT_EQ(Reason(harness_.Tell(young, {0.5}).status()), "OUTCOME_DIFFERS");
  EXPECT_EQ(harness_.Tell(young, {0.25}).status(), absl::OkStatus());
  harness_.Pass(100);
  EXPECT_EQ(Get(0).state, TrialState::kComplete);
  EXPECT_EQ(harness_.GetStudy("s")->counts.total(), 1);
}

TEST_F(LeasesTest, PreemptedGoesBackUncounted) {
  MakeStudy(0, 1);
  Trial trial = harness_.AskOne("s");  // a lease is not needed
  const std::string params = ParamsOf(trial);
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto told = harness_.TellFailed(trial, FailureKind::kPreempted);
    ASSERT_EQ(told.status(), absl::OkStatus());
    EXPECT_EQ(told->trials[0].state, TrialState::kWaiting);
    EXPECT_EQ(told->trials[0].handle.attempt, attempt + 1);
    EXPECT_EQ(told->trials[0].losses, 0);
    EXPECT_EQ(told->trials[0].finished_at, 0);
    EXPECT_EQ(Summary(Get(0)), Summary(told->trials[0]));
    EXPECT_EQ(harness_.GetStudy("s")->state, StudyState::kActive);
    trial = harness_.AskOne("s");
    EXPECT_EQ(trial.handle.number, 0);
    EXPECT_EQ(trial.handle.attempt, attempt + 1);
    EXPECT_EQ(ParamsOf(trial), params);
  }
  ASSERT_EQ(harness_.Tell(trial, {1}).status(), absl::OkStatus());
  EXPECT_EQ(Reason(harness_.TellFailed(trial, FailureKind::kPreempted).status()), "OUTCOME_DIFFERS");
  EXPECT_EQ(harness_.GetStudy("s")->state, StudyState::kFinished);
}

TEST_F(LeasesTest, ARepeatedPreemptionIsOne) {
  MakeStudy();
  const Trial trial = harness_.AskOne("s");
  TellCommand command;
  command.request = Key(5);
  command.outcomes.resize(2);
  for (TellOutcome& outcome : command.outcomes) {  // the same twice in a call, too
    outcome.trial = trial.handle;
    outcome.state = TrialState::kFailed;
    outcome.failure = FailureKind::kPreempted;
  }
  const auto told = harness_.Tell(command);
  ASSERT_EQ(told.status(), absl::OkStatus());
  const Trial again = harness_.AskOne("s");
  EXPECT_EQ(again.handle.attempt, 1);
  ASSERT_EQ(harness_.Tell(again, {1}).status(), absl::OkStatus());
  for (const bool restarted : {false, true}) {
    if (restarted) harness_.Restart();
    const auto repeated = harness_.Tell(command);
    ASSERT_EQ(repeated.status(), absl::OkStatus());
    ASSERT_EQ(repeated->trials.size(), 2u);
    for (size_t i = 0; i < 2; ++i) EXPECT_EQ(Summary(repeated->trials[i]), Summary(told->trials[i]));
    EXPECT_EQ(repeated->trials[0].worker, told->trials[0].worker);
    EXPECT_EQ(repeated->trials[0].started_at, told->trials[0].started_at);
  }
  EXPECT_EQ(Get(0).state, TrialState::kComplete);
}

TEST_F(LeasesTest, StopReachesTheWorker) {
  MakeStudy();
  const Trial trial = harness_.AskLeased("s", 10);
  const Trial other = harness_.AskLeased("s", 10);
  ASSERT_EQ(harness_.StopTrial({Key(9), trial.handle}), absl::OkStatus());
  EXPECT_TRUE(Get(0).stop_requested);
  const int64_t revision = Get(0).revision;
  EXPECT_EQ(harness_.StopTrial({Key(9), trial.handle}), absl::OkStatus());
  EXPECT_EQ(harness_.StopTrial({Key(10), trial.handle}), absl::OkStatus());
  EXPECT_EQ(Get(0).revision, revision) << "twice is once";
  EXPECT_THAT(Beat(harness_, {other.handle, trial.handle}), ElementsAre(kContinue, kStop));
  ReportCommand report{Key(11), {{other.handle, 1, 0.5}, {trial.handle, 1, 0.5}}};
  for (const bool restarted : {false, true}) {
    if (restarted) harness_.Restart();
    const auto answer = harness_.Report(report);
    ASSERT_EQ(answer.status(), absl::OkStatus());
    EXPECT_FALSE(answer->advice[0].stop_requested);
    EXPECT_TRUE(answer->advice[1].stop_requested);
    EXPECT_THAT(Beat(harness_, {trial.handle}), ElementsAre(kStop));
  }
  ASSERT_EQ(harness_.Tell(trial, {}, TrialState::kPruned).status(), absl::OkStatus());
  EXPECT_EQ(Reason(harness_.StopTrial({{}, trial.handle})), "TRIAL_FINISHED");
  EXPECT_EQ(Reason(harness_.StopTrial({{}, harness_.Enqueue({{}, "s", {}, {}})->handle})), "TRIAL_NOT_RUNNING");
  EXPECT_EQ(Reason(harness_.StopTrial({{}, {trial.handle.study_uid, 99, 0}})), "NO_SUCH_TRIAL");
}

TEST_F(LeasesTest, AStoppedTrialIsNotRetriedWhenItsLeaseRunsOut) {
  MakeStudy();
  const Trial trial = harness_.AskLeased("s", 10);
  ASSERT_EQ(harness_.StopTrial({{}, trial.handle}), absl::OkStatus());
  harness_.Pass(10);
  EXPECT_EQ(Get(0).state, TrialState::kFailed);
  EXPECT_THAT(Get(0).reason, HasSubstr("asked to stop"));
  // The worker that gives it back says that it is to be run again: the next attempt is not stopped.
  const Trial second = harness_.AskOne("s");
  ASSERT_EQ(harness_.StopTrial({{}, second.handle}), absl::OkStatus());
  ASSERT_EQ(harness_.TellFailed(second, FailureKind::kPreempted).status(), absl::OkStatus());
  const Trial again = harness_.AskOne("s");
  EXPECT_EQ(again.handle.number, 1);
  EXPECT_FALSE(again.stop_requested);
  EXPECT_THAT(Beat(harness_, {again.handle}), ElementsAre(kContinue));
}

TEST_F(LeasesTest, HeartbeatOverSeveralStudies) {
  MakeStudy();
  const Study other = harness_.MakeStudy("other", Define({Real("x", 0, 1)}));
  const Trial a = harness_.AskLeased("s", 10), b = harness_.AskLeased("other", 10), c = harness_.AskLeased("s", 10);
  ASSERT_EQ(harness_.Tell(c, {1}).status(), absl::OkStatus());
  const TrialHandle never{a.handle.study_uid, 99, 0}, to_come{a.handle.study_uid, 0, 1}, nowhere{77, 0, 0};
  EXPECT_THAT(Beat(harness_, {b.handle, c.handle, never, a.handle, to_come, nowhere}),
              ElementsAre(kContinue, kLeaseLost, kLeaseLost, kContinue, kLeaseLost, kLeaseLost));
  EXPECT_EQ(Reason(harness_.Heartbeat({nowhere}).status()), "NO_SUCH_STUDY");
  EXPECT_EQ(Reason(harness_.Heartbeat({never, nowhere}).status()), "NO_SUCH_TRIAL");
  EXPECT_EQ(Reason(harness_.Heartbeat({to_come}).status()), "BAD_FIELD");
  EXPECT_EQ(Reason(harness_.Heartbeat({}).status()), "BAD_FIELD");
  EXPECT_EQ(Reason(harness_.Heartbeat(std::vector<TrialHandle>(1001, a.handle)).status()), "BAD_FIELD");
  EXPECT_EQ(Reason(harness_.Heartbeat({{a.handle.study_uid, 0, -1}}).status()), "BAD_FIELD");
  // A study that is deleted costs the other's leases nothing.
  ASSERT_EQ(harness_.DeleteStudy({{}, "other", 0}), absl::OkStatus());
  harness_.Pass(6);
  EXPECT_THAT(Beat(harness_, {b.handle, a.handle}), ElementsAre(kLeaseLost, kContinue));
  harness_.Pass(6);
  EXPECT_EQ(Get(0).state, TrialState::kRunning);
}

}  // namespace
}  // namespace parzen::engine
