// How a GpSampler searches spaces, and that a restart changes nothing.

#include "sampler/gp/gp_sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/sampler/gp/gp_study.h"

namespace parzen {
namespace {

TEST(GpSampler, BeginsWithTheCenter) {
  Study study(Space({Float("x", -2, 4), Float("lr", 1e-4, 1e-2, true), Int("n", 1, 9)}));
  const Point point = study.Ask();
  EXPECT_DOUBLE_EQ(point[0], 1);
  EXPECT_NEAR(point[1], 1e-3, 1e-15);
  EXPECT_EQ(point[2], 5);
}

TEST(GpSampler, FindsTheMinimumOfABowl) {
  Study study(Floats(3));
  study.Run(30, Bowl);
  EXPECT_LT(study.Best(), 1e-4);
}

TEST(GpSampler, Maximizes) {
  Study study(Floats(2), {Direction::kMaximize});
  double best = -kInfinity;
  for (const Point& point : study.Run(25, [](const Point& p) { return -Bowl(p); })) best = std::max(best, -Bowl(point));
  EXPECT_GT(best, -1e-3);
}

TEST(GpSampler, FindsTheBestOfAMixedConditionalSpace) {
  Study study(Mixed());
  for (const Point& point : study.Run(50, MixedLoss)) {
    EXPECT_EQ(std::isnan(point[3]), point[0] == 2) << PrintPoint(point);
    EXPECT_EQ(std::isnan(point[4]), point[0] != 2) << PrintPoint(point);
    EXPECT_EQ(point[5], 2);
    EXPECT_EQ(point[2], std::round(point[2]));
  }
  EXPECT_LT(study.Best(), 0.03);
}

// Ascents move a numeric parent: what hangs on it must come and go with it.
TEST(GpSampler, ANumericParentBringsItsChildren) {
  Study study(Space({Int("layers", 1, 4), When(Float("second"), "layers", {int64_t{2}, int64_t{3}, int64_t{4}}),
                     When(Float("third"), "layers", {int64_t{3}, int64_t{4}}), When(Float("fourth"), "layers", {int64_t{4}})}));
  std::set<double> layers;
  for (int i = 0; i < 30; ++i) {
    const Point point = study.Ask();
    layers.insert(point[0]);
    for (size_t k = 1; k < 4; ++k)
      EXPECT_EQ(std::isnan(point[k]), point[0] <= static_cast<double>(k)) << "trial " << i << ": " << PrintPoint(point);
    double loss = std::abs(point[0] - 3);
    for (size_t k = 1; k < 4; ++k)
      if (!std::isnan(point[k])) loss += std::pow(point[k] - 0.2 * static_cast<double>(k), 2);
    study.Tell(i, {loss});
  }
  EXPECT_GT(layers.size(), 1u);
  EXPECT_LT(study.Best(), 0.05);
}

TEST(GpSampler, ARestartBetweenAnyTwoAsksChangesNothing) {
  Study steady(Mixed()), restarted(Mixed()), restored(Mixed());
  for (int i = 0; i < 45; ++i) {
    const Point expected = steady.Ask();
    restarted.Restart();
    restored.Restart(restored.sampler().SaveState());
    ASSERT_TRUE(Same(restarted.Ask(), expected)) << "trial " << i;
    ASSERT_TRUE(Same(restored.Ask(), expected)) << "trial " << i;
    if (i % 3 == 2) continue;  // some trials stay running
    for (Study* study : {&steady, &restarted, &restored}) study->Tell(i, {MixedLoss(expected)});
  }
}

TEST(GpSampler, PreparingChangesNothing) {
  Study plain(Floats(4)), prepared(Floats(4));
  for (int i = 0; i < 40; ++i) {
    if (i % 2 == 0) prepared.sampler().Prepare(prepared.history(), &prepared.space(), i);
    if (i % 5 == 0) prepared.sampler().Prepare(prepared.history(), &prepared.space(), i + 1);
    const Point expected = plain.Ask();
    ASSERT_TRUE(Same(prepared.Ask(), expected)) << "trial " << i;
    if (i % 4 == 3) prepared.sampler().Prepare(prepared.history(), &prepared.space(), i + 1);
    for (Study* study : {&plain, &prepared}) study->Tell(i, {Bowl(expected)});
  }
}

TEST(GpSampler, TheOrderOfTellingDoesNotMatter) {
  Study forward(Floats(2)), backward(Floats(2));
  for (int batch = 0; batch < 5; ++batch) {
    std::vector<Point> points;
    for (int i = 0; i < 8; ++i) {
      points.push_back(forward.Ask());
      ASSERT_TRUE(Same(backward.Ask(), points.back())) << "batch " << batch << " trial " << i;
    }
    for (int i = 0; i < 8; ++i) {
      forward.Tell(8 * batch + i, {Bowl(points[static_cast<size_t>(i)])});
      backward.Tell(8 * batch + 7 - i, {Bowl(points[static_cast<size_t>(7 - i)])});
    }
  }
}

TEST(GpSampler, ParallelTrialsDiffer) {
  Study study(Floats(2));
  study.Run(8, Bowl);  // few, so that the bottom is not yet known to a thousandth
  std::vector<Point> running;
  for (int i = 0; i < 8; ++i) {
    running.push_back(study.Ask());
    for (int j = 0; j < i; ++j) {
      const Point& other = running[static_cast<size_t>(j)];
      EXPECT_GT(std::hypot(running.back()[0] - other[0], running.back()[1] - other[1]), 1e-3) << i << " and " << j;
    }
  }
}

TEST(GpSampler, ExplainRepeatsTheSuggestionAndItsModel) {
  Study study(Mixed());
  study.Run(20, MixedLoss);
  const AskRequest request = study.Request();
  const absl::StatusOr<Explanation> explanation = study.sampler().Explain(study.history(), request);
  ASSERT_TRUE(explanation.ok()) << explanation.status();
  const Point point = study.Ask();
  ASSERT_EQ(explanation->groups.size(), 2u);  // the single value, the rest
  EXPECT_EQ(explanation->groups[0].method, "single");
  const ExplainedGroup& joint = explanation->groups[1];
  EXPECT_EQ(joint.method, "gp-ei");
  ASSERT_GE(joint.winner, 0);
  ASSERT_GT(joint.candidates.size(), 1u);
  const Candidate& winner = joint.candidates[static_cast<size_t>(joint.winner)];
  for (const NamedValue& value : winner.params) EXPECT_EQ(value.value, point[*study.space().Find(value.name)]) << value.name;
  for (const Candidate& rival : joint.candidates) EXPECT_GT(rival.deviation, 0);
  std::set<std::string> figures;
  for (const NamedValue& figure : joint.model) figures.insert(figure.name);
  EXPECT_TRUE(figures.contains("length_scale.lr"));
  EXPECT_TRUE(figures.contains("noise"));
}

TEST(GpSampler, FixedValuesAreKeptAndTheRestIsSearched) {
  Study study(Mixed());
  study.Run(15, MixedLoss);
  const Point point = study.Ask({{"model", 2}, {"depth", 7}});
  EXPECT_EQ(point[0], 2);
  EXPECT_EQ(point[2], 7);
  EXPECT_TRUE(std::isnan(point[3]));
  EXPECT_FALSE(std::isnan(point[4]));
  const Point all = study.Ask({{"model", 0}, {"lr", 1e-3}, {"depth", 2}, {"gamma", 0.25}, {"k", 3}});
  EXPECT_TRUE(Same(all, {0, 1e-3, 2, 0.25, kAbsent, 2})) << PrintPoint(all);
}

TEST(GpSampler, AFiniteSpaceIsExhaustedWithoutRepeats) {
  Study study(Space({Int("n", 1, 5), Category("c", {true, false}), When(Int("m", 0, 3), "c", {true})}));
  ASSERT_EQ(study.space().FiniteSize(), 25u);
  std::set<uint64_t> seen;
  for (int i = 0; i < 25; ++i) {
    const Point point = study.Ask();
    EXPECT_TRUE(seen.insert(study.space().IndexOf(point)).second) << PrintPoint(point);
    if (i % 2 == 0) study.Tell(i, {Bowl(point)});
  }
  const absl::StatusOr<Suggestion> none = study.sampler().Suggest(study.history(), study.Request());
  EXPECT_EQ(none.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(GpSampler, ALargeFiniteSpaceGivesNoRepeats) {
  Study study(Space({Int("a", 0, 99), Int("b", 0, 99)}));
  std::set<uint64_t> seen;
  for (const Point& point : study.Run(60, [](const Point& p) { return std::abs(p[0] - 40) + std::abs(p[1] - 60); })) {
    EXPECT_TRUE(seen.insert(study.space().IndexOf(point)).second) << PrintPoint(point);
  }
  EXPECT_LE(study.Best(), 2);
}

TEST(GpSampler, SpacesOfOnePointAreNoTrouble) {
  Study study(Space({Float("x", 2, 2), Category("c", {std::string("only")})}));
  const Point point = study.Ask();
  EXPECT_TRUE(Same(point, {2, 0}));
  study.Tell(0, {1});
  EXPECT_FALSE(study.sampler().Suggest(study.history(), study.Request()).ok());
}

TEST(GpSampler, FiftyDimensions) {
  Study study(Floats(50));
  study.Run(60, Bowl);
  EXPECT_LT(study.Best(), 0.4 * Bowl(Point(50, 0.5)));
}

TEST(GpSampler, TellsTwoSeedsApart) {
  Study first(Floats(2), {Direction::kMinimize}, 1), second(Floats(2), {Direction::kMinimize}, 2);
  EXPECT_FALSE(Same(first.Run(3, Bowl).back(), second.Run(3, Bowl).back()));
}

TEST(GpSampler, DefineByRunIsSearchedJointlyOnceAllTrialsHaveAParameter) {
  const FloatDistribution unit{.low = 0, .high = 1, .log = false, .step = {}};
  gp::GpSampler sampler(GpOptions{}, 1);
  History history({Direction::kMinimize});
  double best = kInfinity;
  for (int64_t i = 0; i < 30; ++i) {
    absl::StatusOr<Draft> draft = sampler.Start(history, nullptr, i, {});
    ASSERT_TRUE(draft.ok());
    EXPECT_EQ(draft->relative.size(), i < 5 ? 0u : 2u) << i;
    history.Append(RowState::kRunning);
    Point point;
    for (const char* name : {"x", "y"}) {
      const absl::StatusOr<double> value = sampler.SuggestParameter(history, name, unit, &*draft);
      ASSERT_TRUE(value.ok());
      EXPECT_TRUE(Contains(unit, *value));
      history.SetParam(i, name, unit, *value);
      point.push_back(*value);
    }
    if (i % 3 == 0) history.SetParam(i, "sometimes", unit, 0.5);
    Outcome outcome;
    outcome.values = {Bowl(point)};
    best = std::min(best, Bowl(point));
    history.Finish(i, outcome);
  }
  EXPECT_LT(best, 1e-3);
}

}  // namespace
}  // namespace parzen
