// What a GpSampler makes of outcomes: constraints, failures, several objectives, noise, losses of every kind.

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
#include "tests/sampler/study_driver.h"

namespace parzen {
namespace {

TEST(GpSampler, LearnsFromInfeasibleAndFailedTrialsAlike) {
  // What lies right of 0.5 fails. Where that is taught, few trials go there.
  const auto tries_right = [](RowState state) {
    Study study(Floats(1));
    int right = 0;
    for (int i = 0; i < 30; ++i) {
      const Point point = study.Ask();
      if (point[0] > 0.5) {
        study.TellState(i, state);
        right += i >= 10;
      } else {
        study.Tell(i, {1 - point[0]});
      }
    }
    return right;
  };
  EXPECT_LT(tries_right(RowState::kInfeasible), 10);
  EXPECT_LT(tries_right(RowState::kFailed), 10);
}

TEST(GpSampler, APrunedTrialIsNoBetterThanTheMedian) {
  Study study(Floats(1));
  study.Run(8, Bowl);
  study.Add({0.9}, RowState::kRunning);
  Outcome pruned;
  pruned.state = RowState::kPruned;
  pruned.last_step = 1;
  pruned.last_value = -100;  // an intermediate value on another scale than the losses
  History history = study.history();
  history.Finish(8, pruned);
  const gp::Encoding encoding(study.space());
  const gp::Observations seen = gp::ReadHistory(history, encoding, 9, gp::GpSampler::kAlgorithmVersion);
  ASSERT_EQ(seen.size(), 9);
  std::vector<double> losses(seen.objectives[0].values.begin(), seen.objectives[0].values.end() - 1);
  std::sort(losses.begin(), losses.end());
  EXPECT_EQ(seen.objectives[0].values[8], losses[4]);
}

TEST(GpSampler, ObeysConstraints) {
  // The bowl's minimum (0.3, 0.3) is infeasible: x0 must be at least 0.6. The best feasible loss is 0.09.
  Study study(Floats(2));
  double best = kInfinity;
  int near_best = 0;
  for (int i = 0; i < 40; ++i) {
    const Point point = study.Ask();
    study.Tell(i, {Bowl(point)}, {{"x0 >= 0.6", 0.6 - point[0]}});
    near_best += std::hypot(point[0] - 0.6, point[1] - 0.3) < 0.1;
    if (point[0] >= 0.6) best = std::min(best, Bowl(point));
  }
  EXPECT_LT(best, 0.0901);
  EXPECT_GT(near_best, 20);
}

TEST(GpSampler, SearchesForFeasibilityWhereNoneIsKnown) {
  Study study(Floats(2));
  bool found = false;
  for (int i = 0; i < 40 && !found; ++i) {
    const Point point = study.Ask();
    const double violation = std::hypot(point[0] - 0.9, point[1] - 0.1) - 0.05;
    study.Tell(i, {Bowl(point)}, {{"near the corner", violation}});
    found = violation <= 0;
  }
  EXPECT_TRUE(found);
}

TEST(GpSampler, SpreadsOverTheParetoFrontOfTwoObjectives) {
  // f0 = x0^2 + x1^2, f1 = (x0 - 1)^2 + x1^2: the front is x1 = 0.
  Study study(Floats(2), {Direction::kMinimize, Direction::kMinimize});
  int near_front = 0;
  std::set<int> parts;
  for (int i = 0; i < 40; ++i) {
    const Point p = study.Ask();
    study.Tell(i, {p[0] * p[0] + p[1] * p[1], (p[0] - 1) * (p[0] - 1) + p[1] * p[1]});
    if (p[1] >= 0.05 || i < 10) continue;
    ++near_front;
    parts.insert(static_cast<int>(p[0] * 4));
  }
  EXPECT_GT(near_front, 15);
  EXPECT_GE(parts.size(), 3u);
}

TEST(GpSampler, ApproachesTheFrontOfThreeObjectivesNotOnlyItsCorners) {
  // The positive octant of a sphere (DTLZ2): the further x2 to x5 are from 0.4, the further all objectives are from the front.
  // Random points are 0.4 away.
  Study study(Floats(6), {Direction::kMinimize, Direction::kMinimize, Direction::kMinimize});
  double late = 0;
  for (int i = 0; i < 50; ++i) {
    const Point p = study.Ask();
    double away = 0;
    for (size_t j = 2; j < 6; ++j) away += (p[j] - 0.4) * (p[j] - 0.4);
    const double a = p[0] * 1.5707963, b = p[1] * 1.5707963, radius = 1 + away;
    study.Tell(i, {radius * std::cos(a) * std::cos(b), radius * std::cos(a) * std::sin(b), radius * std::sin(a)});
    if (i >= 30) late += away / 20;
  }
  EXPECT_LT(late, 0.25);
}

TEST(GpSampler, ASearchThatWentIntoOneEndOfTheFrontFindsTheRest) {
  // ZDT2 in two dimensions: f0 = x0, f1 = g (1 - (x0 / g)^2), g = 1 + 9 x1; the front is x1 = 0, and bulges outwards. After a
  // design all over the space, a dozen trials were at the end where x0 is small.
  StudyDriver study(Floats(2), {.kind = SamplerKind::kGpEi, .seed = 1}, {Direction::kMinimize, Direction::kMinimize});
  const double design[][2] = {{0.9, 0.5}, {0.5, 0.9}, {0.7, 0.3}, {0.6, 0.7}, {0.8, 0.6}};
  int beyond = 0;
  for (int i = 0; i < 25; ++i) {
    std::vector<NamedValue> fixed;
    if (i < 5) fixed = {{"x0", design[i][0]}, {"x1", design[i][1]}};
    if (i >= 5 && i < 17) fixed = {{"x0", 0.004 * i}, {"x1", i % 2 == 0 ? 0.0 : 0.002 * i}};
    const Point p = study.Ask(fixed);
    const double g = 1 + 9 * p[1];
    study.Tell(i, {.values = {p[0], g * (1 - (p[0] / g) * (p[0] / g))}});
    if (i >= 17 && p[0] > 0.5 && p[1] < 0.1) ++beyond;
  }
  EXPECT_GE(beyond, 3);
}

TEST(GpSampler, RunsThatDivergeAtRandomHideNothing) {
  for (uint64_t seed : {1, 2, 3}) {
    Study study(Floats(1), {Direction::kMinimize}, seed);
    double best = kInfinity;
    for (int i = 0; i < 30; ++i) {
      const Point point = study.Ask();
      const bool diverges = i % 5 == 3;
      study.Tell(i, {diverges ? 1e6 : Bowl(point)});
      if (!diverges) best = std::min(best, std::abs(point[0] - 0.3));
    }
    EXPECT_LT(best, 1e-3) << seed;
  }
}

// Of the first five trials two teach nothing: two more of the design follow, and no others.
TEST(GpSampler, TrialsThatTeachNothingDoNotCountTowardsTheDesign) {
  Study design(Floats(3));  // nothing is ever told
  std::vector<Point> expected;
  for (int i = 0; i < 8; ++i) expected.push_back(design.Ask());
  for (const std::vector<Direction>& directions :
       {std::vector<Direction>{Direction::kMinimize}, {Direction::kMinimize, Direction::kMaximize}}) {
    for (const bool diverges : {true, false}) {
      Study study(Floats(3), directions);
      for (int i = 0; i < 8; ++i) {
        const Point point = study.Ask();
        EXPECT_EQ(Same(point, expected[static_cast<size_t>(i)]), i < 7) << i;
        std::vector<double> values(directions.size(), Bowl(point));
        if (i == 0 || i == 3) values[0] = 1e6;
        (i == 0 || i == 3) && !diverges ? study.TellState(i, RowState::kFailed) : study.Tell(i, values);
      }
    }
  }
}

// However many fail, the design is at most doubled: where runs succeed is to be learned, too.
TEST(GpSampler, TheDesignEndsWhereMostTrialsFail) {
  Study design(Floats(3)), study(Floats(3));
  for (int i = 0; i < 12; ++i) {
    const Point expected = design.Ask(), point = study.Ask();
    EXPECT_EQ(Same(point, expected), i < 10) << i;
    i == 1 || i == 4 ? study.Tell(i, {Bowl(point)}) : study.TellState(i, RowState::kInfeasible);
  }
}

TEST(GpSampler, SeveralObjectivesWithRunningTrialsSurviveARestart) {
  const std::vector<Direction> directions = {Direction::kMinimize, Direction::kMaximize};
  Study steady(Floats(3), directions), restarted(Floats(3), directions);
  for (int i = 0; i < 20; ++i) {
    const Point expected = steady.Ask();
    restarted.Restart();
    ASSERT_TRUE(Same(restarted.Ask(), expected)) << i;
    if (i % 4 != 1)
      for (Study* study : {&steady, &restarted})
        study->Tell(i, {expected[0], expected[1] - expected[2]}, {{"c", expected[2] - 0.5}});
  }
}

TEST(GpSampler, SurvivesEqualPointsAndEqualInfiniteAndHugeLosses) {
  const std::function<double(const Point&)> losses[] = {
      [](const Point&) { return 1.0; },
      [](const Point&) { return kInfinity; },
      [](const Point&) { return -kInfinity; },
      [](const Point& p) { return p[0] < 0.5 ? kInfinity : p[0]; },
      [](const Point& p) { return p[0] < 0.5 ? -1.7e308 : 1.7e308; },
      [](const Point& p) { return 1e-320 * p[0]; },
  };
  for (const auto& loss : losses) {
    Study study(Space({Float("x"), Float("y", -8e307, 8e307), Int("n", -(int64_t{1} << 53), int64_t{1} << 53)}));
    for (int i = 0; i < 6; ++i) study.Add({0.5, 0, 3}, RowState::kRunning);
    for (int i = 0; i < 6; ++i) study.Tell(i, {loss({0.5, 0, 3})});
    for (const Point& point : study.Run(12, loss)) {
      EXPECT_TRUE(point[0] >= 0 && point[0] <= 1) << PrintPoint(point);
      EXPECT_TRUE(std::isfinite(point[1])) << PrintPoint(point);
      EXPECT_EQ(point[2], std::round(point[2])) << PrintPoint(point);
    }
  }
}

TEST(GpSampler, OneObservationIsNoTrouble) {
  Study study(Floats(2));
  for (int i = 0; i < 10; ++i) study.Ask();
  study.Tell(3, {0.5});
  study.Ask();
  study.Tell(9, {0.4});
  for (int i = 0; i < 5; ++i) study.Ask();
}

// Losses with much noise: expected improvement over draws of the noiseless values finds the bottom, not the luckiest loss.
TEST(GpSampler, FindsTheBottomUnderNoise) {
  Study study(Floats(2));
  double sum = 0;
  for (int i = 0; i < 50; ++i) {
    const Point point = study.Ask();
    // Noise with a deviation of 0.07, beside losses of up to 0.98; from the trial's number alone.
    study.Tell(i, {Bowl(point) + 0.1 * std::sin(12.9898 * i * i + 78.233 * i)});
    if (i >= 40) sum += Bowl(point) / 10;
  }
  EXPECT_LT(sum, 0.05);  // random points: 0.25
}

TEST(GpSampler, ARestartBetweenAsksUnderNoiseChangesNothing) {
  Study steady(Floats(3)), restarted(Floats(3));
  for (int i = 0; i < 45; ++i) {
    restarted.Restart(i % 2 == 0 ? restarted.sampler().SaveState() : std::string());
    const Point a = steady.Ask(), b = restarted.Ask();
    ASSERT_TRUE(Same(a, b)) << "trial " << i << ": " << PrintPoint(a) << "and " << PrintPoint(b);
    const double loss = Bowl(a) + 0.1 * std::sin(12.9898 * i * i + 78.233 * i);
    steady.Tell(i, {loss});
    restarted.Tell(i, {loss});
  }
}

}  // namespace
}  // namespace parzen
