// One trial's command, without a server: nothing here reports.

#include "clients/cli/worker/job.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>

#include "clients/cli/utf8.h"
#include "clients/cli/worker/process.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "parzen/client.h"

namespace parzen::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class JobTest : public ::testing::Test {
 protected:
  JobResult Run(const std::string& script, size_t objectives = 1) {
    const SearchSpace space = {{"lr", Float{0, 1}}};
    JobRules rules{*CommandTemplate::Create({"sh", "-c", script, "job", "{lr}"}, space), *OutputRules::Create(objectives, "")};
    rules.grace = grace_;
    rules.time_limit = time_limit_;
    rules.infeasible_exit = 9;
    rules.space = space;
    rules.running = &running_;
    rules.stop_fd = stop_.get();
    rules.kill_fd = kill_.get();
    FrozenTrial frozen;
    frozen.study = "digits";
    frozen.handle.number = 4;
    frozen.params = {{"lr", 0.25}};
    kept_.reset();
    JobResult result = RunJob(Trial(nullptr, frozen), rules, [this](const Outcome& outcome) { kept_ = outcome; });
    EXPECT_EQ(kept_.has_value(), result.outcome.has_value());
    return result;
  }

  // Runs a script that makes the file $ready; from then on `act` is called again and again, until the script has ended.
  JobResult RunAndAct(const std::string& script, const std::function<void()>& act) {
    const std::filesystem::path ready = std::filesystem::path(::testing::TempDir()) / ("ready" + std::to_string(getpid()));
    std::atomic<bool> ended = false;
    std::thread actor([&] {
      for (; !ended; std::this_thread::sleep_for(std::chrono::milliseconds(5))) {
        if (std::filesystem::exists(ready)) act();
      }
    });
    JobResult result = Run("ready='" + ready.string() + "'; " + script);
    ended = true;
    actor.join();
    std::filesystem::remove(ready);
    return result;
  }
  // The same, and lets `fd` become readable then.
  JobResult RunAndSignal(const std::string& script, const Descriptor& fd) {
    return RunAndAct(script, [&fd] { eventfd_write(fd.get(), 1); });
  }

  Descriptor stop_{eventfd(0, EFD_CLOEXEC)}, kill_{eventfd(0, EFD_CLOEXEC)};
  RunningCommands running_;
  std::chrono::milliseconds grace_{60'000};
  std::optional<std::chrono::milliseconds> time_limit_;
  std::optional<Outcome> kept_;
};

TEST_F(JobTest, ThreeWaysToTakeParameters) {
  EXPECT_THAT(Run("echo $1").outcome->values, ElementsAre(0.25));
  EXPECT_THAT(Run("echo $PARZEN_PARAM_lr").outcome->values, ElementsAre(0.25));
  EXPECT_THAT(Run("tr -dc '0-9.' < \"$PARZEN_PARAMS_FILE\"").outcome->values, ElementsAre(0.25));
}

TEST_F(JobTest, TheResultFileWins) {
  EXPECT_THAT(Run("echo 0.75 > \"$PARZEN_RESULT_FILE\"; echo done").outcome->values, ElementsAre(0.75));
  EXPECT_THAT(Run("printf '1\\n2\\n' > \"$PARZEN_RESULT_FILE\"", 2).outcome->values, ElementsAre(1, 2));
  EXPECT_EQ(Run("echo bad > \"$PARZEN_RESULT_FILE\"; echo 0.5").outcome->state, TrialState::kFailed);
}

TEST_F(JobTest, FailuresSayWhatTheCommandSaid) {
  const JobResult result = Run("echo starting; echo 'no memory' >&2; exit 3");
  EXPECT_EQ(result.outcome->state, TrialState::kFailed);
  EXPECT_EQ(result.outcome->failure, FailureKind::kCrashed);
  EXPECT_THAT(result.outcome->reason, HasSubstr("exit code 3:"));
  EXPECT_THAT(result.outcome->reason, HasSubstr("no memory"));
  EXPECT_THAT(Run("kill -9 $$").outcome->reason, HasSubstr("killed by signal 9"));
  EXPECT_THAT(Run("echo no number").outcome->reason, HasSubstr("not the loss: no number"));
  EXPECT_EQ(Run("exit 9").outcome->failure, FailureKind::kInfeasible);
}

TEST_F(JobTest, AReasonIsUtf8WhateverTheCommandWrote) {
  const JobResult latin1 = Run("printf 'caf\\351 \\000\\377\\n' >&2; exit 3");
  EXPECT_TRUE(IsUtf8(latin1.outcome->reason));
  EXPECT_THAT(latin1.outcome->reason, HasSubstr("caf\uFFFD"));
  EXPECT_TRUE(IsUtf8(Run("printf '\\351\\n'").outcome->reason));
  EXPECT_TRUE(IsUtf8(Run("printf '\\351' > \"$PARZEN_RESULT_FILE\"").outcome->reason));
  // Two KiB from the end lie inside a character, wherever the line begins.
  for (const std::string shift : {"", "a", "ab", "abc"}) {
    const JobResult cut =
        Run("for i in $(seq 12); do printf '" + shift + "%0200d\\n' 7 | sed 's/0/\\o342\\o202\\o254/g'; done >&2; exit 1");
    EXPECT_TRUE(IsUtf8(cut.outcome->reason)) << cut.outcome->reason;
    EXPECT_GT(cut.outcome->reason.size(), 1'500U);
  }
}

TEST_F(JobTest, AStoppedWorkerPreempts) {
  eventfd_write(stop_.get(), 1);
  const JobResult result = Run("sleep 1000");
  EXPECT_EQ(result.outcome->state, TrialState::kFailed);
  EXPECT_EQ(result.outcome->failure, FailureKind::kPreempted);
}

TEST_F(JobTest, ACommandThatDiesBeforeTheWorkerIsToldToStopIsPreempted) {
  const auto die_first = [this](const std::string& death) {
    // Not a thread, which a busy machine may keep waiting until the worker has given up.
    stop_ = Descriptor(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
    const itimerspec later{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_nsec = 100'000'000}};
    EXPECT_EQ(timerfd_settime(stop_.get(), 0, &later, nullptr), 0);
    return Run(death).outcome->failure;
  };
  EXPECT_EQ(die_first("kill -TERM $$"), FailureKind::kPreempted);
  EXPECT_EQ(die_first("exit 143"), FailureKind::kPreempted);  // a shell that says what its child died of
  EXPECT_EQ(die_first("exit 1"), FailureKind::kPreempted);    // a handler of its own
  stop_ = Descriptor(eventfd(0, EFD_CLOEXEC));
  EXPECT_EQ(Run("kill -TERM $$").outcome->failure, FailureKind::kCrashed);  // nobody stops the worker
}

TEST_F(JobTest, ASignalThatIsPassedOnIsNoCrash) {
  const auto pass_on = [this] { running_.Signal(SIGUSR1); };
  EXPECT_EQ(RunAndAct("touch $ready; sleep 1000", pass_on).outcome->failure, FailureKind::kPreempted);
  const JobResult result = RunAndAct("trap 'echo 0.5; exit 0' USR1; touch $ready; sleep 1000 & wait", pass_on);
  EXPECT_THAT(result.outcome->values, ElementsAre(0.5));
}

TEST_F(JobTest, AResultAfterSigtermCounts) {
  const JobResult result = RunAndSignal("trap 'echo 0.5; exit 0' TERM; touch $ready; sleep 1000 & wait", stop_);
  EXPECT_THAT(result.outcome->values, ElementsAre(0.5));
}

TEST_F(JobTest, WhoIgnoresSigtermIsKilled) {
  const std::string script = "trap '' TERM; touch $ready; sleep 1000";
  EXPECT_EQ(RunAndSignal(script, kill_).outcome->reason, "killed by signal 9 (Killed)");
  grace_ = std::chrono::milliseconds(50);
  Descriptor stop(eventfd(0, EFD_CLOEXEC));
  kill_ = std::move(stop);
  EXPECT_EQ(RunAndSignal(script, stop_).outcome->failure, FailureKind::kPreempted);
}

TEST_F(JobTest, TimeLimits) {
  time_limit_ = std::chrono::milliseconds(50);
  EXPECT_THAT(Run("sleep 1000").outcome->reason, HasSubstr("over its time limit"));
}

TEST_F(JobTest, WhatACommandLeavesRunningIsNotWaitedFor) {
  EXPECT_THAT(Run("sleep 1000 & echo 0.5").outcome->values, ElementsAre(0.5));
}

}  // namespace
}  // namespace parzen::cli
