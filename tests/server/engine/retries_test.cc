// What a trial that was taken back is to samplers and spaces; and workers that lose leases at any moment.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/engine/leases_fixture.h"

namespace parzen::engine {
namespace {

TEST_F(LeasesTest, ARetryKeepsWhatADefineByRunTrialSuggested) {
  harness_.MakeStudy("d", Define({}));
  const Trial trial = harness_.AskLeased("d", 10);
  const auto suggest = [&](const Trial& of, const std::string& name) {
    return harness_.Suggest({{}, of.handle, name, FloatDistribution{0, 1, false, std::nullopt}});
  };
  const Choice x = suggest(trial, "x")->value;
  harness_.Pass(10);
  EXPECT_EQ(Reason(suggest(trial, "y").status()), "LEASE_LOST");
  harness_.Restart();
  const Trial again = harness_.AskOne("d");
  EXPECT_EQ(again.handle.attempt, 1);
  ASSERT_EQ(again.params.size(), 1u);
  EXPECT_EQ(suggest(again, "x")->value, x);
  ASSERT_EQ(suggest(again, "y").status(), absl::OkStatus());
  ASSERT_EQ(harness_.Tell(again, {1}).status(), absl::OkStatus());
  EXPECT_EQ(harness_.GetTrial("d", 0)->params.size(), 2u);
}

// A trial that waits to be run again is pending: what is suggested does not depend on whether it was taken back, nor on restarts.
TEST_F(LeasesTest, SuggestionsDoNotDependOnLosses) {
  StudyDefinition definition = Define({Real("x", 0, 1), Whole("n", 1, 8)});
  definition.sampler.kind = SamplerKind::kTpe;
  definition.sampler.tpe.n_startup_trials = 2;
  definition.sampler.tpe.constant_liar = true;
  std::vector<std::string> suggested;
  for (const std::string name : {"calm", "lossy"}) {
    harness_.MakeStudy(name, definition);
    const Trial held = harness_.AskLeased(name, 10);
    for (int i = 0; i < 6; ++i) {
      ASSERT_EQ(harness_.Tell(harness_.AskOne(name), {0.1 * i}).status(), absl::OkStatus());
    }
    if (name == "lossy") {
      harness_.Pass(10);
      harness_.Restart();
      // Out of the way of the next asks, which are to be new ones.
      EXPECT_EQ(harness_.AskOne(name).handle.number, held.handle.number);
    }
    std::string text;
    const auto next = harness_.Ask(name, 3);
    ASSERT_EQ(next.status(), absl::OkStatus());
    for (const Trial& trial : next->trials) text += ParamsOf(trial);
    suggested.push_back(text);
  }
  EXPECT_EQ(suggested[0], suggested[1]);
}

TEST_F(LeasesTest, AFiniteSpaceCountsATakenBackPointOnce) {
  harness_.MakeStudy("f", Define({Whole("n", 1, 2)}));
  const Trial lost = harness_.AskLeased("f", 10);
  harness_.Pass(10);
  harness_.Restart();
  const auto both = harness_.Ask("f", 5);
  ASSERT_EQ(both.status(), absl::OkStatus());
  ASSERT_EQ(both->trials.size(), 2u);
  EXPECT_EQ(ParamsOf(both->trials[0]), ParamsOf(lost));
  EXPECT_NE(ParamsOf(both->trials[1]), ParamsOf(lost));
  EXPECT_EQ(Reason(harness_.Ask("f").status()), "SPACE_EXHAUSTED");
}

TEST_F(LeasesTest, TheRestOfTheSpaceGrowsAroundATakenBackTrial) {
  MakeStudy();
  const Trial lost = harness_.AskLeased("s", 10);
  harness_.Pass(10);
  UpdateStudyCommand update;
  update.study = "s";
  update.space = {Real("x", 0, 2), Whole("n", 1, 8)};
  ASSERT_EQ(harness_.UpdateStudy(update).status(), absl::OkStatus());
  EXPECT_EQ(ParamsOf(harness_.AskOne("s")), ParamsOf(lost));
  EXPECT_EQ(harness_.AskOne("s").handle.number, 1);
}

// Workers that lose their leases at any moment, ask, report and tell: what they were answered.
class CarelessWorkers {
 public:
  explicit CarelessWorkers(Harness* harness) : harness_(*harness) {}

  // Until the study is finished.
  void Work(int worker) {
    for (int64_t turn = worker;; ++turn) {
      AskCommand ask;
      ask.study = "s";
      ask.worker = "w" + std::to_string(worker);
      ask.lease_micros = 1'000'000;
      ask.resume = turn % 5 == 0;
      const auto answer = harness_.Ask(ask);
      if (Reason(answer.status()) == "STUDY_FINISHED") return;
      if (Reason(answer.status()) == "ALL_HANDED_OUT") {
        std::this_thread::yield();
        continue;
      }
      ASSERT_EQ(answer.status(), absl::OkStatus());
      if (turn % 3 != 0) RunTrial(turn, answer->trials[0]);  // else it vanishes
    }
  }

  int64_t accepted() const { return accepted_; }

 private:
  void RunTrial(int64_t turn, const Trial& trial) {
    if (turn % 4 == 0) {
      ASSERT_EQ(harness_.Heartbeat({trial.handle}).status(), absl::OkStatus());
    }
    if (turn % 7 == 0) {
      const std::string reason = Reason(harness_.TellFailed(trial, FailureKind::kPreempted).status());
      ASSERT_THAT(reason, testing::AnyOf("", "LEASE_LOST", "OUTCOME_DIFFERS"));
      return;
    }
    const std::string reported = Reason(harness_.Report({{}, {{trial.handle, 1, 0.5}}}).status());
    ASSERT_THAT(reported, testing::AnyOf("", "LEASE_LOST", "TRIAL_FINISHED"));
    // By attempt, so that two results of one trial differ.
    const std::string told = Reason(harness_.Tell(trial, {static_cast<double>(trial.handle.attempt)}).status());
    ASSERT_THAT(told, testing::AnyOf("", "OUTCOME_DIFFERS"));
    if (told.empty()) ++accepted_;
  }

  Harness& harness_;
  std::atomic<int64_t> accepted_{0};
};

// While leases are checked, every trial ends once.
TEST(LeaseLoadTest, EveryTrialEndsOnce) {
  constexpr int kThreads = 8;
  constexpr int64_t kTrials = 400;
  Harness harness(Harness::Kind::kFile);
  StudyDefinition definition = Define({Real("x", 0, 1)});
  definition.max_trials = kTrials;
  definition.max_retries = 1'000'000;
  harness.MakeStudy("s", definition);
  CarelessWorkers workers(&harness);
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&workers, i] { workers.Work(i); });
  }
  std::thread clock([&] {
    while (!over) {
      harness.Pass(0.3);
      std::this_thread::yield();
    }
  });
  for (std::thread& thread : threads) thread.join();
  over = true;
  clock.join();
  const auto study = harness.GetStudy("s");
  EXPECT_EQ(study->state, StudyState::kFinished);
  EXPECT_EQ(study->counts.complete, kTrials);
  EXPECT_EQ(study->counts.total(), kTrials);
  EXPECT_GE(workers.accepted(), kTrials);  // a result told again by a resumed worker is the same one
  const std::vector<Trial> before = harness.AllTrials("s");
  harness.Restart();
  const std::vector<Trial> after = harness.AllTrials("s");
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < after.size(); ++i) EXPECT_EQ(Summary(after[i]), Summary(before[i]));
  EXPECT_EQ(harness.GetStudy("s")->counts, study->counts);
}

}  // namespace
}  // namespace parzen::engine
