#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <thread>

#include "tests/server/engine/harness.h"

namespace parzen::engine {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(AskTest, HandsOutNumbersInOrderWithParameters) {
  Harness harness;
  harness.MakeStudy("s", Define({Real("x", 0, 1), Whole("n", 1, 8), Choices("c", {int64_t{1}, 1.0, true, std::string("a")})}));
  const auto answer = harness.Ask("s", 3);
  ASSERT_EQ(answer.status(), absl::OkStatus());
  ASSERT_EQ(answer->trials.size(), 3u);
  for (int64_t i = 0; i < 3; ++i) {
    const Trial& trial = answer->trials[i];
    EXPECT_EQ(trial.handle.number, i);
    EXPECT_EQ(trial.state, TrialState::kRunning);
    EXPECT_EQ(trial.worker, "w");
    ASSERT_EQ(trial.params.size(), 3u);
    EXPECT_EQ(trial.params[0].name, "x");
    EXPECT_TRUE(std::holds_alternative<double>(trial.params[0].value));
    EXPECT_TRUE(std::holds_alternative<int64_t>(trial.params[1].value));
    EXPECT_NE(trial.params[2].distribution, nullptr);
    const auto read = harness.GetTrial("s", i);
    ASSERT_EQ(read.status(), absl::OkStatus());
    EXPECT_EQ(Summary(*read), Summary(trial));
  }
  const auto study = harness.GetStudy("s");
  ASSERT_EQ(study.status(), absl::OkStatus());
  EXPECT_EQ(study->counts.running, 3);
}

TEST(AskTest, RefusesWhatItCannotDo) {
  Harness harness;
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  EXPECT_EQ(Reason(harness.Ask("nobody").status()), "NO_SUCH_STUDY");
  EXPECT_EQ(Reason(harness.Ask("s", 0).status()), "BAD_FIELD");
  EXPECT_EQ(Reason(harness.Ask("s", 1001).status()), "BAD_FIELD");
  AskCommand resume;
  resume.study = "s";
  resume.resume = true;
  EXPECT_EQ(Reason(harness.Ask(resume).status()), "BAD_FIELD");
}

TEST(AskTest, ResumeGivesAWorkerItsOwnTrialsBackFirst) {
  Harness harness;
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  AskCommand command;
  command.study = "s";
  command.worker = "a";
  command.count = 2;
  const auto first = harness.Ask(command);
  command.worker = "b";
  ASSERT_EQ(harness.Ask(command).status(), absl::OkStatus());
  command.worker = "a";
  command.count = 3;
  command.resume = true;
  const auto again = harness.Ask(command);
  ASSERT_EQ(again.status(), absl::OkStatus());
  ASSERT_EQ(again->trials.size(), 3u);
  EXPECT_EQ(Summary(again->trials[0]), Summary(first->trials[0]));
  EXPECT_EQ(Summary(again->trials[1]), Summary(first->trials[1]));
  EXPECT_EQ(again->trials[2].handle.number, 4);
}

TEST(AskTest, MaxTrialsIsABudget) {
  Harness harness;
  StudyDefinition definition = Define({Real("x", 0, 1)});
  definition.max_trials = 3;
  harness.MakeStudy("s", definition);
  const auto answer = harness.Ask("s", 5);
  ASSERT_EQ(answer.status(), absl::OkStatus());
  ASSERT_EQ(answer->trials.size(), 3u);
  EXPECT_EQ(Reason(harness.Ask("s").status()), "ALL_HANDED_OUT");
  EXPECT_EQ(Reason(harness.Enqueue({{}, "s", {}, {}}).status()), "ALL_HANDED_OUT");
  for (const Trial& trial : answer->trials) ASSERT_EQ(harness.Tell(trial, {1}).status(), absl::OkStatus());
  EXPECT_EQ(harness.GetStudy("s")->state, StudyState::kFinished);
  EXPECT_EQ(Reason(harness.Ask("s").status()), "STUDY_FINISHED");
  UpdateStudyCommand resume;
  resume.study = "s";
  resume.state = StudyState::kActive;
  EXPECT_EQ(Reason(harness.UpdateStudy(resume).status()), "STUDY_FINISHED");
  resume.max_trials = 4;
  ASSERT_EQ(harness.UpdateStudy(resume).status(), absl::OkStatus());
  EXPECT_EQ(harness.AskOne("s").handle.number, 3);
}

TEST(AskTest, ImportedTrialsAreNotPartOfTheBudget) {
  Harness harness;
  StudyDefinition definition = Define({Real("x", 0, 1)});
  definition.max_trials = 1;
  harness.MakeStudy("s", definition);
  ImportedTrial imported;
  imported.params = {{"x", 0.5, std::nullopt}};
  imported.values = {1};
  ASSERT_EQ(harness.AddTrials({.study = "s", .trials = {imported, imported}}).status(), absl::OkStatus());
  EXPECT_EQ(harness.GetStudy("s")->state, StudyState::kActive);
  EXPECT_EQ(harness.AskOne("s").handle.number, 2);
}

TEST(AskTest, AFiniteSpaceIsHandedOutOnceEach) {
  Harness harness;
  harness.MakeStudy("s", Define({Whole("n", 1, 3), Choices("c", {true, false})}));
  EnqueueCommand enqueue{{}, "s", {{"n", int64_t{2}, std::nullopt}, {"c", true, std::nullopt}}, {}};
  ASSERT_EQ(harness.Enqueue(enqueue).status(), absl::OkStatus());
  std::set<std::string> points;
  for (int i = 0; i < 2; ++i) {
    const auto answer = harness.Ask("s", i == 0 ? 4 : 5);
    ASSERT_EQ(answer.status(), absl::OkStatus());
    EXPECT_EQ(answer->trials.size(), i == 0 ? 4u : 2u);
    for (const Trial& trial : answer->trials) {
      points.insert(ChoiceToJson(trial.params[0].value) + ChoiceToJson(trial.params[1].value));
      if (trial.handle.number == 1) {
        ASSERT_EQ(harness.Tell(trial, {}, TrialState::kFailed).status(), absl::OkStatus());
      }
    }
  }
  EXPECT_EQ(points.size(), 6u);
  EXPECT_EQ(Reason(harness.Ask("s").status()), "SPACE_EXHAUSTED");
  // Enqueue itself may repeat a point.
  ASSERT_EQ(harness.Enqueue(enqueue).status(), absl::OkStatus());
  EXPECT_EQ(harness.AskOne("s").handle.number, 6);
}

TEST(AskTest, AllowRepeatsDoesNotExhaust) {
  Harness harness;
  StudyDefinition definition = Define({Whole("n", 1, 2)});
  definition.allow_repeats = true;
  harness.MakeStudy("s", definition);
  EXPECT_EQ(harness.Ask("s", 10)->trials.size(), 10u);
}

TEST(TellTest, RecordsOutcomes) {
  Harness harness;
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  const auto trials = harness.Ask("s", 4)->trials;
  TellCommand command;
  command.outcomes.resize(4);
  for (size_t i = 0; i < 4; ++i) command.outcomes[i].trial = trials[i].handle;
  command.outcomes[0].values = {-0.0};
  command.outcomes[0].constraints = {{"memory", -1.5}};
  command.outcomes[0].metrics = {{"accuracy", kNan}};
  command.outcomes[1].state = TrialState::kPruned;
  command.outcomes[2].state = TrialState::kFailed;
  command.outcomes[2].failure = FailureKind::kInfeasible;
  command.outcomes[2].reason = "out of memory";
  command.outcomes[3].values = {kNan};
  harness.now() += 5;
  const auto answer = harness.Tell(command);
  ASSERT_EQ(answer.status(), absl::OkStatus());
  ASSERT_EQ(answer->trials.size(), 4u);
  EXPECT_TRUE(std::signbit(answer->trials[0].values[0]));
  EXPECT_EQ(answer->trials[0].finished_at, harness.now().load());
  EXPECT_EQ(answer->trials[3].state, TrialState::kFailed);
  EXPECT_EQ(answer->trials[3].failure, FailureKind::kInfeasible);  // NaN says that the point is bad
  EXPECT_THAT(answer->trials[3].reason, testing::HasSubstr("NaN"));
  const auto read = harness.GetTrial("s", 0);
  EXPECT_TRUE(std::signbit(read->values[0]));
  EXPECT_EQ(read->constraints, command.outcomes[0].constraints);
  ASSERT_EQ(read->metrics.size(), 1u);
  EXPECT_TRUE(std::isnan(read->metrics[0].second));
  const TrialCounts counts = harness.GetStudy("s")->counts;
  EXPECT_EQ(counts.complete, 1);
  EXPECT_EQ(counts.pruned, 1);
  EXPECT_EQ(counts.failed, 2);
  EXPECT_EQ(counts.running, 0);
}

TEST(TellTest, TheSameOutcomeTwiceIsWelcomeAnotherIsNot) {
  Harness harness;
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  const auto trials = harness.Ask("s", 3)->trials;
  ASSERT_EQ(harness.Tell(trials[0], {0.5}).status(), absl::OkStatus());
  const auto again = harness.Tell(trials[0], {0.5});
  ASSERT_EQ(again.status(), absl::OkStatus());
  EXPECT_EQ(again->trials[0].values, std::vector<double>{0.5});
  const absl::Status other = harness.Tell(trials[0], {0.25}).status();
  EXPECT_EQ(Reason(other), "OUTCOME_DIFFERS");
  EXPECT_THAT(std::string(other.message()), testing::HasSubstr("0.5"));
  EXPECT_EQ(Reason(harness.Tell(trials[0], {}, TrialState::kFailed).status()), "OUTCOME_DIFFERS");
  // All of a call's outcomes are recorded, or none.
  TellCommand both;
  both.outcomes.resize(2);
  both.outcomes[0].trial = trials[1].handle;
  both.outcomes[0].values = {1};
  both.outcomes[1].trial = trials[0].handle;
  both.outcomes[1].values = {0.25};
  EXPECT_EQ(Reason(harness.Tell(both).status()), "OUTCOME_DIFFERS");
  EXPECT_EQ(harness.GetTrial("s", 1)->state, TrialState::kRunning);
  both.outcomes[1].values = {0.5};
  EXPECT_EQ(harness.Tell(both).status(), absl::OkStatus());
  EXPECT_EQ(harness.GetTrial("s", 1)->state, TrialState::kComplete);
  // A NaN told twice is the same failure.
  ASSERT_EQ(harness.Tell(trials[2], {kNan}).status(), absl::OkStatus());
  EXPECT_EQ(harness.Tell(trials[2], {kNan}).status(), absl::OkStatus());
}

TEST(TellTest, RefusesWhatDoesNotFit) {
  Harness harness;
  const Study study = harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  const Trial trial = harness.AskOne("s");
  EXPECT_EQ(Reason(harness.Tell(trial, {}).status()), "BAD_FIELD");
  EXPECT_EQ(Reason(harness.Tell(trial, {1, 2}).status()), "BAD_FIELD");
  EXPECT_EQ(Reason(harness.Tell(trial, {1}, TrialState::kFailed).status()), "BAD_FIELD");
  Trial other = trial;
  other.handle.number = 1;
  EXPECT_EQ(Reason(harness.Tell(other, {1}).status()), "NO_SUCH_TRIAL");
  other.handle = {study.uid + 1, 0, 0};
  EXPECT_EQ(Reason(harness.Tell(other, {1}).status()), "NO_SUCH_STUDY");
  other.handle = {study.uid, 0, 1};
  EXPECT_EQ(Reason(harness.Tell(other, {1}).status()), "BAD_FIELD");
  const auto waiting = harness.Enqueue({{}, "s", {}, {}});
  ASSERT_EQ(waiting.status(), absl::OkStatus());
  EXPECT_EQ(Reason(harness.Tell(*waiting, {1}).status()), "TRIAL_NOT_RUNNING");
  EXPECT_EQ(harness.Tell(trial, {kInfinity}).status(), absl::OkStatus());
}

TEST(ReportTest, KeepsIntermediateValues) {
  Harness harness;
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  const Trial trial = harness.AskOne("s");
  const auto answer = harness.Report({{}, {{trial.handle, 3, 0.5}, {trial.handle, 1, kNan}, {trial.handle, 3, 0.25}}});
  ASSERT_EQ(answer.status(), absl::OkStatus());
  EXPECT_EQ(answer->advice.size(), 3u);
  EXPECT_FALSE(answer->advice[0].should_prune);
  const auto read = harness.GetTrial("s", 0);
  ASSERT_EQ(read->intermediates.size(), 2u);
  EXPECT_EQ(read->intermediates[0].step, 1);
  EXPECT_TRUE(std::isnan(read->intermediates[0].value));
  EXPECT_EQ(read->intermediates[1].value, 0.25);
  EXPECT_EQ(Reason(harness.Report({{}, {{trial.handle, -1, 0.5}}}).status()), "BAD_FIELD");
  ASSERT_EQ(harness.Tell(trial, {1}).status(), absl::OkStatus());
  EXPECT_EQ(Reason(harness.Report({{}, {{trial.handle, 4, 0.5}}}).status()), "TRIAL_FINISHED");
}

TEST(LoadTest, ThirtyTwoThreadsShareAStudyWithoutHoleOrRepeat) {
  constexpr int kThreads = 32;
  constexpr int64_t kTrials = 10'000;
  Harness harness(Harness::Kind::kFile);
  StudyDefinition definition = Define({Real("x", 0, 1), Real("y", -5, 5), Whole("n", 1, 8)});
  definition.max_trials = kTrials;
  harness.MakeStudy("s", definition);
  std::vector<std::vector<int64_t>> numbers(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&harness, &mine = numbers[i]] {
      for (;;) {
        const auto answer = harness.Ask("s");
        if (Reason(answer.status()) == "ALL_HANDED_OUT" || Reason(answer.status()) == "STUDY_FINISHED") return;
        ASSERT_EQ(answer.status(), absl::OkStatus());
        const Trial& trial = answer->trials[0];
        mine.push_back(trial.handle.number);
        ASSERT_EQ(harness.Tell(trial, {std::get<double>(trial.params[0].value)}).status(), absl::OkStatus());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<bool> seen(kTrials, false);
  for (const auto& mine : numbers) {
    for (const int64_t number : mine) {
      ASSERT_LT(number, kTrials);
      ASSERT_FALSE(seen[number]) << number << " was handed out twice";
      seen[number] = true;
    }
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), false), 0);
  const auto study = harness.GetStudy("s");
  EXPECT_EQ(study->state, StudyState::kFinished);
  EXPECT_EQ(study->counts.complete, kTrials);
  harness.Restart();
  const std::vector<Trial> trials = harness.AllTrials("s");
  ASSERT_EQ(trials.size(), static_cast<size_t>(kTrials));
  double best = kInfinity;
  for (const Trial& trial : trials) {
    ASSERT_EQ(trial.state, TrialState::kComplete);
    ASSERT_EQ(trial.values[0], std::get<double>(trial.params[0].value));
    best = std::min(best, trial.values[0]);
  }
  EXPECT_EQ(harness.GetStudy("s")->counts, study->counts);
  EXPECT_EQ(harness.GetStudy("s")->revision, study->revision);
  EXPECT_EQ(harness.BestTrials({"s"})->trials.at(0).values[0], best);
}

}  // namespace
}  // namespace parzen::engine
