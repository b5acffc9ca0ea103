// GetImportances: from the history in memory, of what is durable.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>

#include "tests/server/engine/harness.h"
#include "tests/storage/fault_vfs.h"

namespace parzen::engine {
namespace {

using storage::FaultVfs;

StudyDefinition TwoObjectives() {
  StudyDefinition definition = Define({Real("x", 0, 1), Real("y", 0, 1), Choices("same", {std::string("only")})});
  definition.directions = {Direction::kMinimize, Direction::kMaximize};
  return definition;
}

double Param(const Trial& trial, size_t i) { return std::get<double>(trial.params[i].value); }

// Asks and tells: the first objective is x, the second y.
void RunTrials(Harness* harness, int count) {
  for (int i = 0; i < count; ++i) {
    const Trial trial = harness->AskOne("s");
    ASSERT_EQ(harness->Tell(trial, {Param(trial, 0), Param(trial, 1)}).status(), absl::OkStatus());
  }
}

TEST(ImportancesTest, EachObjectiveHasItsParameter) {
  Harness harness;
  harness.MakeStudy("s", TwoObjectives());
  RunTrials(&harness, 60);
  harness.AskOne("s");  // one that runs is not judged
  ASSERT_EQ(harness.TellFailed(harness.AskOne("s"), FailureKind::kInfeasible).status(), absl::OkStatus());
  for (const auto& [objective, first] : {std::pair(0, "x"), std::pair(1, "y")}) {
    const auto answer = harness.GetImportances({"s", objective});
    ASSERT_EQ(answer.status(), absl::OkStatus());
    EXPECT_EQ(answer->complete, 60);
    EXPECT_EQ(answer->used, 60);
    EXPECT_EQ(answer->note, "");
    ASSERT_EQ(answer->shares.size(), 3U);
    EXPECT_EQ(answer->shares[0].name, first);
    EXPECT_GT(answer->shares[0].value, 0.7);
    EXPECT_EQ(answer->shares[2].name, "same");
    EXPECT_EQ(answer->shares[2].value, 0);
  }
  const auto both = harness.GetImportances({"s", std::nullopt});
  ASSERT_EQ(both.status(), absl::OkStatus());
  EXPECT_NEAR(both->shares[0].value + both->shares[1].value, 1, 1e-12);
}

TEST(ImportancesTest, AreTheSameOfAStudyThatWasLoaded) {
  Harness harness(Harness::Kind::kFile);
  harness.MakeStudy("s", TwoObjectives());
  RunTrials(&harness, 40);
  const auto before = harness.GetImportances({"s", std::nullopt});
  harness.Restart();
  const auto after = harness.GetImportances({"s", std::nullopt});
  ASSERT_EQ(after.status(), absl::OkStatus());
  EXPECT_EQ(after->shares, before->shares);
}

TEST(ImportancesTest, AnObjectiveThatIsNotThereIsRefused) {
  Harness harness;
  harness.MakeStudy("s", TwoObjectives());
  for (const int64_t objective : {int64_t{-1}, int64_t{2}}) {
    EXPECT_EQ(Reason(harness.GetImportances({"s", objective}).status()), "BAD_FIELD") << objective;
  }
  EXPECT_EQ(Reason(harness.GetImportances({"absent", std::nullopt}).status()), "NO_SUCH_STUDY");
}

TEST(ImportancesTest, WhereNothingCanBeToldANoteSaysWhy) {
  Harness harness;
  harness.MakeStudy("s", TwoObjectives());
  EXPECT_EQ(harness.GetImportances({"s", std::nullopt})->note, "no complete trial with finite values yet");
  RunTrials(&harness, 1);
  const auto one = harness.GetImportances({"s", std::nullopt});
  EXPECT_EQ(one->note, "there is nothing to tell from one trial");
  EXPECT_EQ(one->shares.size(), 3U);
}

TEST(ImportancesTest, WhatCouldNotBeWrittenIsNotJudged) {
  FaultVfs vfs;
  Harness harness(Harness::Kind::kFile, {}, vfs.name());
  harness.MakeStudy("s", TwoObjectives());
  RunTrials(&harness, 3);
  const Trial trial = harness.AskOne("s");
  vfs.Inject({.operation = FaultVfs::Operation::kSync, .code = SQLITE_IOERR_FSYNC, .file = FaultVfs::File::kLog});
  // Both at once: the trial is staged when the history is copied, or is not there any more.
  const auto told = std::make_shared<std::promise<absl::Status>>();
  TellCommand command;
  command.outcomes.push_back({.trial = trial.handle, .values = {0.5, 0.5}});
  harness.service().Tell(command, [told](const absl::StatusOr<TellAnswer>& answer) { told->set_value(answer.status()); });
  const auto answer = harness.GetImportances({"s", std::nullopt});
  EXPECT_NE(told->get_future().get(), absl::OkStatus());
  if (answer.ok()) {
    EXPECT_EQ(answer->complete, 3);
  } else {
    EXPECT_EQ(Reason(answer.status()), "STORAGE_FAILED");
  }
  vfs.Clear();
  EXPECT_EQ(harness.GetImportances({"s", std::nullopt})->complete, 3);
}

}  // namespace
}  // namespace parzen::engine
