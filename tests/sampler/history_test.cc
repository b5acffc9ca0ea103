#include "sampler/history.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen {
namespace {

using ::testing::ElementsAre;

TEST(HistoryTest, RowsStatesAndRunning) {
  History history({Direction::kMinimize});
  for (RowState state : {RowState::kRunning, RowState::kWaiting, RowState::kRunning}) history.Append(state);
  EXPECT_THAT(history.running(), ElementsAre(0, 2));
  history.SetState(1, RowState::kRunning);
  EXPECT_THAT(history.running(), ElementsAre(0, 1, 2));
  history.SetRelative(2, {{"x", 1}});
  history.Finish(2, {.state = RowState::kComplete, .values = {4.5}});
  history.SetState(0, RowState::kWaiting);
  EXPECT_THAT(history.running(), ElementsAre(1));
  EXPECT_THAT(history.finished(), ElementsAre(2));
  EXPECT_EQ(history.values(2)[0], 4.5);
  EXPECT_TRUE(history.Relative(2).empty());
  EXPECT_EQ(history.state(0), RowState::kWaiting);
}

TEST(HistoryTest, ColumnsHaveGaps) {
  History history({Direction::kMinimize});
  for (int i = 0; i < 4; ++i) history.Append(RowState::kRunning);
  history.SetParam(2, "x", FloatDistribution{0, 1}, 0.5);
  const Column* x = history.FindColumn("x");
  ASSERT_NE(x, nullptr);
  EXPECT_EQ(history.FindColumn("y"), nullptr);
  EXPECT_TRUE(std::isnan(x->At(0)));
  EXPECT_EQ(x->At(2), 0.5);
  EXPECT_TRUE(std::isnan(x->At(3)));
}

TEST(HistoryTest, DistributionsThatChange) {
  History history({Direction::kMinimize});
  const Distribution a = FloatDistribution{0, 1}, b = FloatDistribution{0, 2};
  for (int i = 0; i < 5; ++i) history.Append(RowState::kRunning);
  history.SetParam(0, "x", a, 0.5);
  history.SetParam(1, "x", a, 0.5);
  EXPECT_TRUE(history.FindColumn("x")->distributions.empty());
  history.SetParam(2, "x", b, 1.5);
  history.SetParam(4, "x", a, 0.5);
  const Column& x = *history.FindColumn("x");
  EXPECT_EQ(x.DistributionOf(0), a);
  EXPECT_EQ(x.DistributionOf(1), a);
  EXPECT_EQ(x.DistributionOf(2), b);
  EXPECT_EQ(x.DistributionOf(4), a);
  EXPECT_EQ(x.distributions.size(), 2u);
  EXPECT_EQ(x.distribution, a);
}

TEST(HistoryTest, PrunedAndConstraints) {
  History history({Direction::kMinimize});
  for (int i = 0; i < 3; ++i) history.Append(RowState::kRunning);
  history.Finish(0, {.state = RowState::kPruned, .last_step = 7, .last_value = 2.5});
  history.Finish(1, {.state = RowState::kComplete, .values = {1}, .constraints = {{"memory", -1}, {"time", 3}}});
  history.Finish(2, {.state = RowState::kPruned});
  EXPECT_EQ(history.last_step(0), 7);
  EXPECT_EQ(history.last_value(0), 2.5);
  EXPECT_EQ(history.last_step(2), -1);
  EXPECT_FALSE(history.HasConstraints(0));
  EXPECT_TRUE(history.HasConstraints(1));
  ASSERT_EQ(history.constraints().size(), 2u);
  EXPECT_EQ(history.constraints()[1].name, "time");
  EXPECT_EQ(history.constraints()[1].At(1), 3);
}

TEST(HistoryTest, TellsWhatARowWasFinishedWith) {
  History history({Direction::kMinimize, Direction::kMaximize});
  const Outcome complete{.state = RowState::kComplete, .values = {4.5, -1}, .constraints = {{"memory", 0}, {"time", -2}}};
  const Outcome violating{.state = RowState::kComplete, .values = {0, 0}, .constraints = {{"time", 1e-9}}};
  const Outcome pruned{.state = RowState::kPruned, .last_step = 7, .last_value = 0.25};
  const Outcome failed{.state = RowState::kFailed};
  const std::vector<Outcome> outcomes = {complete, violating, pruned, failed};
  for (size_t row = 0; row < outcomes.size(); ++row) history.Append(RowState::kRunning);
  for (size_t row = 0; row < outcomes.size(); ++row) history.Finish(static_cast<int64_t>(row), outcomes[row]);
  for (size_t row = 0; row < outcomes.size(); ++row) {
    const Outcome told = history.OutcomeOf(static_cast<int64_t>(row));
    EXPECT_EQ(told.state, outcomes[row].state);
    EXPECT_EQ(told.values, outcomes[row].values);
    EXPECT_EQ(told.last_step, outcomes[row].last_step);
    EXPECT_EQ(told.last_value, outcomes[row].last_value);
    EXPECT_EQ(told.constraints, outcomes[row].constraints);
    EXPECT_EQ(IsFeasible(told), row != 1);
    EXPECT_EQ(history.IsFeasible(static_cast<int64_t>(row)), row != 1);
  }
}

}  // namespace
}  // namespace parzen
