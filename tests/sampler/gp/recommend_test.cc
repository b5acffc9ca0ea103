// Which trial a process recommends, and what it expects of it.

#include "sampler/gp/recommend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/sampler/gp/gp_study.h"

namespace parzen {
namespace {

using gp::Recommend;
using gp::RecommendedBy;
using gp::RecommendedTrial;

void Told(Study* study, const Point& point, std::vector<double> values, std::vector<NamedValue> constraints = {}) {
  study->Add(point, RowState::kRunning);
  study->Tell(study->history().size() - 1, std::move(values), std::move(constraints));
}

TEST(Recommend, TheLuckiestLossIsNotTrusted) {
  Study study(Floats(1));
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 0.02);
  for (int i = 0; i < 40; ++i) Told(&study, {i / 40.0}, {Bowl({i / 40.0}) + noise(random)});
  Told(&study, {0.9}, {-0.05});
  const gp::Recommendation recommendation = Recommend(study.history(), &study.space());
  ASSERT_EQ(recommendation.by, RecommendedBy::kSpace);
  ASSERT_EQ(recommendation.trials.size(), 1u);
  const RecommendedTrial& best = recommendation.trials[0];
  EXPECT_NEAR(static_cast<double>(best.number) / 40, 0.3, 0.15);
  EXPECT_NEAR(best.means[0], 0, 0.02);
  EXPECT_GT(best.deviations[0], 0);
  EXPECT_LT(best.deviations[0], 0.03);
}

TEST(Recommend, WithoutNoiseTheBestLossIsExpectedAsItWasToldWhateverTheScale) {
  for (const double scale : {1e-6, 1.0, 1e9}) {
    Study study(Floats(1));
    double least = HUGE_VAL;
    // Losses over ten powers of e: the outputs are warped by a logarithm.
    for (int i = 0; i < 25; ++i) {
      const double loss = scale * std::exp(10 * std::abs(i / 25.0 - 0.4));
      least = std::min(least, loss);
      Told(&study, {i / 25.0}, {loss});
    }
    const gp::Recommendation recommendation = Recommend(study.history(), &study.space());
    ASSERT_EQ(recommendation.trials.size(), 1u);
    EXPECT_EQ(recommendation.trials[0].number, 10);
    EXPECT_NEAR(recommendation.trials[0].means[0] / scale, least / scale, 1.0);
    EXPECT_LT(recommendation.trials[0].deviations[0] / scale, 2.0);
  }
}

TEST(Recommend, InfeasibleFailedAndDivergedTrialsAreLeftOut) {
  Study study(Floats(1));
  for (int i = 0; i < 10; ++i) Told(&study, {0.5 + i / 20.0}, {Bowl({0.5 + i / 20.0})}, {{"c", -1}});
  Told(&study, {0.3}, {0}, {{"c", 1}});
  Told(&study, {0.4}, {1e9}, {{"c", -1}});
  study.Add({0.35}, RowState::kRunning);
  study.TellState(12, RowState::kFailed);
  EXPECT_EQ(Recommend(study.history(), &study.space()).trials.at(0).number, 0);
}

TEST(Recommend, SeveralObjectivesGiveTheFrontInTheirOwnSigns) {
  Study study(Floats(1), {Direction::kMinimize, Direction::kMaximize});
  for (int i = 0; i < 20; ++i) Told(&study, {i / 20.0}, {i / 20.0, 1 - std::abs(i / 20.0 - 0.5)});
  const gp::Recommendation recommendation = Recommend(study.history(), &study.space());
  ASSERT_GE(recommendation.trials.size(), 8u);
  int64_t last = -1;
  for (const RecommendedTrial& trial : recommendation.trials) {
    EXPECT_GT(trial.number, last);
    EXPECT_LE(trial.number, 12);
    EXPECT_NEAR(trial.means[0], static_cast<double>(trial.number) / 20, 0.05);
    EXPECT_GT(trial.means[1], 0.4);
    last = trial.number;
  }
}

TEST(Recommend, TellsWhatItRestsOnWhereThereIsNoModel) {
  Study study(Floats(1));
  EXPECT_TRUE(Recommend(study.history(), &study.space()).trials.empty());
  Told(&study, {0.5}, {0.25});
  const gp::Recommendation one = Recommend(study.history(), &study.space());
  EXPECT_EQ(one.by, RecommendedBy::kToldValues);
  EXPECT_EQ(one.trials.at(0).means, std::vector<double>{0.25});
  EXPECT_EQ(one.trials.at(0).deviations, std::vector<double>{0});
  for (int i = 0; i < 9; ++i) Told(&study, {i / 9.0}, {Bowl({i / 9.0})});
  EXPECT_EQ(Recommend(study.history(), &study.space()).by, RecommendedBy::kSpace);
  EXPECT_EQ(Recommend(study.history(), nullptr).by, RecommendedBy::kCommonParameters);
}

}  // namespace
}  // namespace parzen
