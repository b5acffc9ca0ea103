// What the complete trials of a define-by-run study show of its space.

#include "sampler/gp/inferred_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/sampler/gp/gp_study.h"

namespace parzen {
namespace {

using ::testing::IsEmpty;

struct Asked {
  Parameter parameter;  // as it was asked for; its condition is not looked at
  double value = 0;
};

class InferredSpaceTest : public testing::Test {
 protected:
  // A trial with these parameters.
  void Add(const std::vector<Asked>& asked, RowState state = RowState::kComplete) {
    const int64_t row = history_.size();
    history_.Append(RowState::kRunning);
    for (const Asked& a : asked) history_.SetParam(row, a.parameter.name, a.parameter.distribution, a.value);
    if (state == RowState::kRunning) return;
    Outcome outcome{.state = state};
    if (state == RowState::kComplete) outcome.values = {1};
    history_.Finish(row, outcome);
  }
  std::vector<Parameter> Inferred() {
    inferred_.Update(history_);
    return inferred_.space().parameters();
  }

  History history_{{Direction::kMinimize}};
  gp::InferredSpace inferred_;
};

const Parameter kKind = Category("kind", {std::string("svc"), std::string("forest"), std::string("none")});

TEST_F(InferredSpaceTest, HasWhatAllCompleteTrialsHaveByName) {
  EXPECT_THAT(Inferred(), IsEmpty());
  const Parameter x = Float("x"), n = Int("n", 1, 9), once = Float("once");
  Add({{x, 0.5}, {n, 3}});
  Add({{x, 0.25}}, RowState::kFailed);  // ended before it came to n
  Add({{x, 0.25}, {once, 0.25}}, RowState::kRunning);
  Add({{x, 0.75}, {n, 4}}, RowState::kPruned);
  EXPECT_EQ(Inferred(), (std::vector<Parameter>{n, x}));
  Add({{n, 5}, {x, 0.5}});
  EXPECT_EQ(Inferred(), (std::vector<Parameter>{n, x}));
}

TEST_F(InferredSpaceTest, UnitesRangesThatMove) {
  const auto step = [](std::string name, double low, double high, double by) {
    return Parameter{std::move(name), FloatDistribution{.low = low, .high = high, .log = false, .step = by}, {}};
  };
  const Parameter by_two{"i", IntDistribution{.low = 0, .high = 8, .log = false, .step = 2}, {}};
  Add({{Float("x", 0, 1), 0.5},
       {Float("lr", 1e-3, 1e-2, true), 2e-3},
       {Int("i", 3, 5), 4},
       {step("s", 0, 1, 0.25), 0.5},
       {step("t", 0, 1, 0.25), 0.5}});
  Add({{Float("x", -2, 0.5), 0.25},
       {Float("lr", 1e-4, 1e-3, true), 2e-4},
       {by_two, 6},
       {step("s", 0, 2, 0.5), 1.5},
       {step("t", 0, 1, 0.25), 0.25}});
  EXPECT_EQ(Inferred(), (std::vector<Parameter>{Int("i", 0, 8), Float("lr", 1e-4, 1e-2, true), Float("s", 0, 2),
                                                step("t", 0, 1, 0.25), Float("x", -2, 1)}));
}

TEST_F(InferredSpaceTest, LeavesOutWhatIsAnotherThingNow) {
  const Parameter x = Float("x");
  Add({{x, 0.5}, {Float("kind"), 0.5}, {Category("c", {true, false}), 0}, {Float("scale", 1, 9), 2}});
  Add({{x, 0.5}, {Int("kind", 0, 1), 1}, {Category("c", {true, false, int64_t{1}}), 0}, {Float("scale", 1, 9, true), 2}});
  EXPECT_EQ(Inferred(), std::vector<Parameter>{x});
  Add({{x, 0.5}, {Float("kind"), 0.5}, {Category("c", {true, false}), 0}, {Float("scale", 1, 9), 2}});
  EXPECT_EQ(Inferred(), std::vector<Parameter>{x});
}

TEST_F(InferredSpaceTest, FindsTheBranchesOfAProgram) {
  const Parameter c = Float("c", 1e-3, 1e3, true), depth = Int("depth", 1, 9), shared = Float("shared"), never = Float("never");
  Add({{shared, 0.5}, {kKind, 0}, {c, 1}});
  Add({{shared, 0.5}, {kKind, 1}, {depth, 3}});
  // No trial has the third choice yet.
  EXPECT_EQ(Inferred(), (std::vector<Parameter>{kKind, When(c, "kind", {std::string("svc")}),
                                                When(depth, "kind", {std::string("forest")}), shared}));
  Add({{shared, 0.5}, {kKind, 2}, {depth, 4}});
  Add({{shared, 0.25}, {kKind, 1}, {depth, 4}, {never, 1}});
  Add({{shared, 0.25}, {kKind, 1}, {depth, 2}});
  EXPECT_EQ(Inferred(), (std::vector<Parameter>{kKind, When(c, "kind", {std::string("svc")}),
                                                When(depth, "kind", {std::string("forest"), std::string("none")}), shared}));
}

TEST_F(InferredSpaceTest, FindsTheTurnsOfALoopAndConditionsUnderConditions) {
  const Parameter layers = Int("layers", 1, 3);
  const Parameter flag = Category("drop", {true, false}), rate = Float("rate");
  const std::vector<Parameter> units = {Int("units0", 8, 64), Int("units1", 8, 64), Int("units2", 8, 64)};
  for (int trial = 0; trial < 12; ++trial) {
    const int count = 1 + trial % 3;
    std::vector<Asked> asked = {{layers, static_cast<double>(count)}};
    for (int i = 0; i < count; ++i) asked.push_back({units[static_cast<size_t>(i)], 8.0 + trial});
    if (count == 3) {
      asked.push_back({flag, trial % 2 == 0 ? 0.0 : 1.0});
      if (trial % 2 == 0) asked.push_back({rate, 0.5});
    }
    Add(asked);
  }
  EXPECT_EQ(Inferred(), (std::vector<Parameter>{layers, When(flag, "layers", {int64_t{3}}), When(rate, "drop", {true}),
                                                When(units[1], "layers", {int64_t{2}, int64_t{3}}),
                                                When(units[2], "layers", {int64_t{3}}), units[0]}));
}

// A float cannot say it, nor an int of which each trial has another value, where a category of few does.
TEST_F(InferredSpaceTest, TakesTheParentWithFewestValues) {
  const Parameter n = Int("n", 0, 99), y = Float("y"), x = Float("x");
  for (int trial = 0; trial < 40; ++trial) {
    std::vector<Asked> asked = {{n, static_cast<double>(trial)}, {kKind, static_cast<double>(trial % 3)}, {x, 0.01 * trial}};
    if (trial % 3 == 1) asked.push_back({y, 0.5});
    Add(asked);
    if (trial == 5) {
      EXPECT_EQ(Inferred(), (std::vector<Parameter>{kKind, When(y, "kind", {std::string("forest")}), n, x}));
    }
  }
  EXPECT_EQ(Inferred(), (std::vector<Parameter>{kKind, When(y, "kind", {std::string("forest")}), n, x}));
  std::vector<Asked> unruly = {{n, 0.0}, {kKind, 0}, {x, 0.5}, {y, 0.5}};
  Add(unruly);
  EXPECT_EQ(Inferred(), (std::vector<Parameter>{kKind, n, x}));  // n has had too many values to be asked
}

TEST_F(InferredSpaceTest, TheOrderInWhichTrialsEndDoesNotMatter) {
  const Parameter c = Float("c"), depth = Int("depth", 1, 9), x = Float("x");
  History backward({Direction::kMinimize});
  const auto asked_by = [&](int trial) {
    std::vector<Asked> asked = {{kKind, static_cast<double>(trial % 3)}, {Float("x", 0, 1.0 + trial % 4), 0.5}};
    if (trial % 3 == 0) asked.push_back({c, 0.5});
    if (trial % 3 == 1) asked.push_back({depth, 1.0 + trial % 5});
    return asked;
  };
  for (int trial = 0; trial < 20; ++trial) {
    Add(asked_by(trial));
    Inferred();
    backward.Append(RowState::kRunning);
  }
  for (int trial = 19; trial >= 0; --trial) {
    for (const Asked& a : asked_by(trial)) backward.SetParam(trial, a.parameter.name, a.parameter.distribution, a.value);
    Outcome outcome;
    outcome.values = {1};
    backward.Finish(trial, outcome);
  }
  gp::InferredSpace other;
  other.Update(backward);
  EXPECT_EQ(Inferred(), other.space().parameters());
  EXPECT_EQ(other.space().size(), 4u);
}

}  // namespace
}  // namespace parzen
