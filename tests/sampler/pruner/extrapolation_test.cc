// The extrapolation rule, on curves whose ends are known.

#include "sampler/pruner/extrapolation.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sampler/pruner/student_t.h"

namespace parzen::pruner {
namespace {

using Curve = std::vector<double>;
using Values = std::vector<double>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Outcome Complete(double value) {
  Outcome outcome;
  outcome.state = RowState::kComplete;
  outcome.values = {value};
  return outcome;
}

std::unique_ptr<Pruner> Make(Direction direction = Direction::kMinimize) {
  return std::make_unique<ExtrapolationPruner>(direction);
}

// end + gain * (1 + step)^-speed, with noise of a hundredth of the gain.
Curve PowerLaw(double end, double gain, double speed, int steps, std::mt19937* random) {
  Curve curve;
  std::normal_distribution<> noise(0, 0.01 * gain);
  for (int step = 0; step < steps; ++step) {
    curve.push_back(end + gain * std::pow(1 + step, -speed) + (random != nullptr ? noise(*random) : 0));
  }
  return curve;
}

// The step after which it was pruned; -1 where it completed.
int64_t Train(Pruner* pruner, int64_t number, const Curve& curve) {
  for (size_t step = 0; step < curve.size(); ++step) {
    pruner->Report(number, static_cast<int64_t>(step), Values{curve[step]});
    if (step + 1 < curve.size() && pruner->Decide(number).prune) {
      Outcome outcome;
      outcome.state = RowState::kPruned;
      pruner->End(number, outcome, number + 1);
      return static_cast<int64_t>(step);
    }
  }
  pruner->End(number, Complete(curve.back()), number + 1);
  return -1;
}

// A study of 100 power laws of different ends and speeds.
std::vector<Curve> RandomCurves(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Curve> curves;
  for (int i = 0; i < 100; ++i) {
    const double end = 0.05 + std::uniform_real_distribution<>(0, 1)(random);
    const double speed = std::uniform_real_distribution<>(0.4, 1.5)(random);
    curves.push_back(PowerLaw(end, 1, speed, 81, &random));
  }
  return curves;
}

TEST(StudentTest, UpperTailsAreThoseOfTheTables) {
  const std::vector<std::pair<int, double>> quantiles = {{1, 12.706204736432095}, {2, 4.302652729911275},
                                                         {3, 3.182446305284263},  {5, 2.570581835636314},
                                                         {8, 2.306004135204166},  {34, 2.032244509317718}};
  for (const auto& [freedom, t] : quantiles) {
    EXPECT_NEAR(StudentUpperTail(t, freedom), 0.025, 1e-10) << freedom;
    EXPECT_NEAR(StudentUpperTail(-t, freedom), 0.975, 1e-10) << freedom;
    EXPECT_NEAR(StudentUpperTail(0, freedom), 0.5, 1e-15) << freedom;
    EXPECT_NEAR(StudentUpperTail(kInfinity, freedom), 0, 1e-15) << freedom;
    EXPECT_NEAR(StudentUpperTail(-kInfinity, freedom), 1, 1e-15) << freedom;
  }
}

TEST(ExtrapolationTest, TheHopelessEndAndThoseThatMayWinGoOn) {
  const auto pruner = Make();
  for (int64_t trial = 0; trial < 3; ++trial) EXPECT_EQ(Train(pruner.get(), trial, PowerLaw(0.2, 1, 1, 81, nullptr)), -1);
  EXPECT_EQ(Train(pruner.get(), 3, PowerLaw(0.199, 1, 1, 81, nullptr)), -1) << "a little better";
  EXPECT_EQ(Train(pruner.get(), 4, PowerLaw(0.1, 1.5, 0.8, 81, nullptr)), -1) << "slow, and better in the end";
  EXPECT_THAT(Train(pruner.get(), 5, Curve(81, 3.0)), testing::AllOf(testing::Ge(0), testing::Le(3))) << "it never learns";
  const int64_t pruned = Train(pruner.get(), 6, PowerLaw(0.5, 1, 1, 81, nullptr));
  EXPECT_GE(pruned, 1);
  EXPECT_LT(pruned, 40);
  const auto flat = Make();
  for (int64_t trial = 0; trial < 2; ++trial) Train(flat.get(), trial, {0.5, 0.5});
  EXPECT_EQ(Train(flat.get(), 2, {0.6, 0.5}), 0) << "nothing was ever gained";
  EXPECT_EQ(Train(flat.get(), 3, {0.5, 0.5}), -1);
}

TEST(ExtrapolationTest, SaysWhatItGoesBy) {
  const auto pruner = Make(Direction::kMaximize);
  for (int64_t trial = 0; trial < 4; ++trial) Train(pruner.get(), trial, {0.5, 0.7, 0.8, 0.9});
  pruner->Report(9, 0, Values{0.1});
  pruner->Report(9, 1, Values{0.125});
  const PruneDecision decision = pruner->Decide(9);
  EXPECT_TRUE(decision.prune);
  EXPECT_THAT(decision.reason, testing::MatchesRegex("pruned at step 1: from 0.125 it ends better than the best 0.9 with a "
                                                     "probability of [0-9.e-]+, going by 4 trials"));
  EXPECT_TRUE(decision.rungs.empty());
}

TEST(ExtrapolationTest, OneBadReportIsNotEnough) {
  const auto pruner = Make();
  for (int64_t trial = 0; trial < 3; ++trial) Train(pruner.get(), trial, PowerLaw(0.2, 1, 1, 20, nullptr));
  for (const double bad : {5.0, kInfinity, kNan}) {
    const int64_t number = 100 + static_cast<int64_t>(std::isnan(bad)) + 2 * static_cast<int64_t>(std::isinf(bad));
    Curve curve = PowerLaw(0.15, 1, 1, 20, nullptr);
    for (size_t step = 0; step < 10; ++step) {
      pruner->Report(number, static_cast<int64_t>(step), Values{step == 7 ? bad : curve[step]});
      EXPECT_FALSE(pruner->Decide(number).prune) << bad << " at " << step;
    }
    pruner->Report(number, 10, Values{bad});
    EXPECT_FALSE(pruner->Decide(number).prune);
    pruner->Report(number, 11, Values{bad});
    EXPECT_TRUE(pruner->Decide(number).prune) << bad;
  }
}

// Whoever would have been the study's best in the end is rarely among the pruned, and most of the epochs are saved.
TEST(ExtrapolationTest, SavesMostEpochsAndRarelyTheBest) {
  int lost = 0;
  double spent = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    const std::vector<Curve> curves = RandomCurves(seed);
    const auto pruner = Make();
    double best = kInfinity, reached = kInfinity;
    for (size_t trial = 0; trial < curves.size(); ++trial) {
      const int64_t pruned = Train(pruner.get(), static_cast<int64_t>(trial), curves[trial]);
      spent += pruned < 0 ? 81 : static_cast<double>(pruned) + 1;
      best = std::min(best, curves[trial].back());
      if (pruned < 0) reached = std::min(reached, curves[trial].back());
    }
    lost += reached > best + 0.02 ? 1 : 0;
  }
  EXPECT_LE(lost, 2);
  EXPECT_LT(spent / (20 * 100 * 81), 0.5);
}

// Decisions of a study, one string a study: by trial, the step where it was pruned.
std::vector<int64_t> Decisions(const std::vector<Curve>& curves, Direction direction, const std::function<double(double)>& map) {
  const auto pruner = Make(direction);
  std::vector<int64_t> pruned;
  for (size_t trial = 0; trial < curves.size(); ++trial) {
    Curve curve = curves[trial];
    for (double& value : curve) value = map(value);
    pruned.push_back(Train(pruner.get(), static_cast<int64_t>(trial), curve));
  }
  return pruned;
}

TEST(ExtrapolationTest, UnitsMakeNoDifference) {
  const std::vector<Curve> curves = RandomCurves(3);
  const auto same = [](double value) { return value; };
  // Powers of two are exact. Positive values: by logarithm, so that only a factor can be told from nothing.
  EXPECT_EQ(Decisions(curves, Direction::kMinimize, same),
            Decisions(curves, Direction::kMinimize, [](double value) { return 1024 * value; }));
  // Others: by difference.
  const auto shifted = [](double value) { return value - 16; };
  const std::vector<int64_t> decisions = Decisions(curves, Direction::kMinimize, shifted);
  EXPECT_EQ(decisions, Decisions(curves, Direction::kMinimize, [](double value) { return (value - 16) / 64; }));
  EXPECT_GT(std::count_if(decisions.begin(), decisions.end(), [](int64_t step) { return step >= 0; }), 20);
  EXPECT_NE(decisions, Decisions(curves, Direction::kMinimize, same));
  // Upside down; what is maximized is below zero then, turned round.
  EXPECT_EQ(Decisions(curves, Direction::kMaximize, [](double value) { return 16 - value; }), decisions);
}

TEST(ExtrapolationTest, OnlyFeasibleFiniteCompleteTrialsWithReportsAreLearnedFrom) {
  const auto pruner = Make();
  const auto run = [&](int64_t number, const Outcome& outcome) {
    for (int64_t step = 0; step < 4; ++step) pruner->Report(number, step, Values{1.0 / static_cast<double>(step + 1)});
    pruner->End(number, outcome, number + 1);
  };
  run(0, Complete(0.25));
  Outcome infeasible = Complete(0.25), failed = Complete(0.25), pruned = Complete(0.25);
  infeasible.constraints = {{"memory", 1.0}};
  failed.state = RowState::kFailed;
  pruned.state = RowState::kPruned;
  for (int64_t number = 1; number < 9; number += 4) {
    run(number, infeasible), run(number + 1, failed), run(number + 2, pruned), run(number + 3, Complete(-kInfinity));
  }
  pruner->End(9, Complete(0.01), 10);  // one without reports
  EXPECT_EQ(Train(pruner.get(), 10, Curve(3, 50.0)), -1) << "one trial to learn from is too few";
  run(11, Complete(0.25));
  EXPECT_EQ(Train(pruner.get(), 12, Curve(3, 50.0)), 0);
}

TEST(ExtrapolationTest, ATrialThatBeginsAgainIsJudgedByWhatItReportsThen) {
  const auto pruner = Make();
  for (int64_t trial = 0; trial < 3; ++trial) Train(pruner.get(), trial, PowerLaw(0.2, 1, 1, 20, nullptr));
  for (int64_t step = 0; step < 3; ++step) pruner->Report(5, step, Values{9});
  EXPECT_TRUE(pruner->Decide(5).prune);
  pruner->Restart(5);
  EXPECT_EQ(Train(pruner.get(), 5, PowerLaw(0.15, 1, 1, 20, nullptr)), -1);
}

TEST(ExtrapolationTest, ReportsNeedNotComeAtTheSameSteps) {
  const auto pruner = Make();
  const Curve good = PowerLaw(0.2, 1, 1, 81, nullptr);
  for (int64_t trial = 0; trial < 3; ++trial) {
    for (int64_t step = trial; step < 81; step += trial + 1) pruner->Report(trial, step, Values{good[step]});
    pruner->End(trial, Complete(good.back()), trial + 1);
  }
  int64_t pruned = -1;
  for (int64_t step = 5; step < 70 && pruned < 0; step += 5) {
    pruner->Report(7, step, Values{0.7 + good[step]});
    pruner->Report(8, step, Values{good[step] - 0.01});
    EXPECT_FALSE(pruner->Decide(8).prune) << step;
    if (pruner->Decide(7).prune) pruned = step;
  }
  EXPECT_GE(pruned, 10);
  EXPECT_LE(pruned, 20);
}

// As after a restart of the server: trials come in any order, and so do the reports of each.
TEST(ExtrapolationTest, TheOrderOfLoadingDoesNotMatter) {
  const std::vector<Curve> curves = RandomCurves(8);
  std::mt19937 random(8);
  const auto lived = Make(), loaded = Make();
  std::vector<int64_t> order(60);
  std::iota(order.begin(), order.end(), 0);
  for (const int64_t trial : order) {
    for (size_t step = 0; step < curves[trial].size(); ++step) {
      lived->Report(trial, static_cast<int64_t>(step), Values{curves[trial][step]});
    }
    lived->End(trial, Complete(curves[trial].back()), trial + 1);
  }
  std::shuffle(order.begin(), order.end(), random);
  for (const int64_t trial : order) {
    for (size_t step = curves[trial].size(); step-- > 0;) {
      loaded->Report(trial, static_cast<int64_t>(step), Values{curves[trial][step]});
    }
    loaded->End(trial, Complete(curves[trial].back()), trial + 1);
  }
  int pruned = 0;
  for (int64_t trial = 60; trial < 100; ++trial) {
    for (int64_t step = 0; step < 30; ++step) {
      for (Pruner* pruner : {lived.get(), loaded.get()}) pruner->Report(trial, step, Values{curves[trial][step]});
      const PruneDecision decision = lived->Decide(trial);
      ASSERT_EQ(decision.reason, loaded->Decide(trial).reason);
      pruned += decision.prune ? 1 : 0;
    }
  }
  EXPECT_GT(pruned, 100);
}

}  // namespace
}  // namespace parzen::pruner
