// What a history teaches, and what is left out: values outside the space, losses of runs that diverged.

#include "sampler/gp/observations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "sampler/gp/gp_sampler.h"
#include "tests/sampler/gp/gp_study.h"

namespace parzen {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr int32_t kNewest = gp::GpSampler::kAlgorithmVersion;

void Append(History* history, const std::vector<Parameter>& parameters, const Point& point, double loss) {
  const int64_t row = history->size();
  history->Append(RowState::kRunning);
  for (size_t i = 0; i < parameters.size(); ++i) {
    history->SetParam(row, parameters[i].name, parameters[i].distribution, point[i]);
  }
  Outcome outcome;
  outcome.values = {loss};
  history->Finish(row, outcome);
}

gp::Observations Read(const SearchSpace& space, const std::vector<double>& losses, int32_t version = kNewest) {
  History history({Direction::kMinimize});
  for (size_t i = 0; i < losses.size(); ++i) {
    Append(&history, space.parameters(), {static_cast<double>(i) / static_cast<double>(losses.size())}, losses[i]);
  }
  return gp::ReadHistory(history, gp::Encoding(space), history.size(), version);
}

TEST(ReadHistory, LeavesOutWhatTheDeclaredSpaceHasNot) {
  const std::vector<Parameter> declared = {Float("x"), Category("c", {std::string("a"), std::string("b")})};
  const std::vector<Parameter> swapped = {Float("x"), Category("c", {std::string("b"), std::string("a")})};
  const std::vector<Parameter> wide = {Float("x", -5, 5), declared[1]};
  const std::vector<Parameter> whole = {Int("x", 0, 1), declared[1]};
  History history({Direction::kMinimize});
  Append(&history, declared, {0.5, 1}, 1);
  Append(&history, wide, {-3, 1}, 2);      // beyond the range
  Append(&history, swapped, {0.5, 1}, 3);  // another choice by that index
  Append(&history, whole, {1, 0}, 4);      // another kind
  Append(&history, wide, {0.25, 0}, 5);    // within, though its own range was wider
  const SearchSpace space = Space(declared);
  const gp::Encoding encoding(space);
  EXPECT_THAT(gp::ReadHistory(history, encoding, 5, kNewest).trials, ElementsAre(0, 4));
  EXPECT_THAT(gp::ReadHistory(history, encoding, 5, 1).trials, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(gp::ReadHistory(history, encoding, 5, kNewest, gp::SpaceOf::kLatestTrials).trials, ElementsAre(0, 1, 2, 3, 4));
}

TEST(ReadHistory, ARunThatDivergedFailed) {
  const gp::Observations seen = Read(Floats(1), {0.5, 1e6, 0.3, 0.7, kInfinity, 0.4});
  EXPECT_THAT(seen.objectives[0].values, ElementsAre(0.5, 0.3, 0.7, 0.4));
  EXPECT_THAT(seen.objectives[0].index, ElementsAre(0, 2, 3, 5));
  EXPECT_THAT(seen.failure.values, ElementsAre(-1, 1, -1, -1, 1, -1));
  EXPECT_THAT(seen.feasible, ElementsAre(1, 0, 1, 1, 0, 1));
  EXPECT_EQ(Read(Floats(1), {0.5, 1e6, 0.3, 0.7, kInfinity, 0.4}, 1).objectives[0].values.size(), 6u);
}

TEST(CountLessons, TellsWhatTeachesFromWhatHasEndedWithout) {
  History history({Direction::kMaximize, Direction::kMinimize});
  const auto add = [&](RowState state, std::vector<double> values = {}) {
    const int64_t row = history.size();
    history.Append(RowState::kRunning);
    Outcome outcome;
    outcome.state = state;
    outcome.values = std::move(values);
    if (state == RowState::kWaiting) {
      history.SetState(row, state);
    } else if (state != RowState::kRunning) {
      history.Finish(row, outcome);
    }
  };
  for (const double value : {0.5, 0.3, 0.7}) add(RowState::kComplete, {value, 1 - value});
  add(RowState::kComplete, {-1e6, 0.4});       // diverged in the first objective,
  add(RowState::kComplete, {0.6, kInfinity});  // in the second
  add(RowState::kFailed);
  add(RowState::kInfeasible);
  add(RowState::kPruned);  // with several objectives there is no loss to learn
  add(RowState::kRunning);
  add(RowState::kWaiting);
  const gp::Lessons lessons = gp::CountLessons(history, history.size());
  EXPECT_EQ(lessons.taught, 3);
  EXPECT_EQ(lessons.lost, 5);
  EXPECT_EQ(gp::CountLessons(history, 5).lost, 2) << "of the trials before that one";
}

// Which losses diverged, by the definition in observations.h: beyond the first gap above the better half that is a hundred times
// as wide as what lies below it, most of the first eight different losses included.
std::vector<double> NotDiverged(const std::vector<double>& losses) {
  std::vector<double> sorted = losses, first;
  for (double y : losses)
    if (first.size() < 8 && std::find(first.begin(), first.end(), y) == first.end()) first.push_back(y);
  std::sort(sorted.begin(), sorted.end());
  std::sort(first.begin(), first.end());
  double from = HUGE_VAL;
  for (size_t i = sorted.size(); sorted.size() > 3 && i-- > std::max<size_t>(3, sorted.size() / 2);) {
    const double below = sorted[i - 1] - sorted[0];
    if (below > 0 && sorted[i] - sorted[i - 1] > 100 * below && first[first.size() / 2] <= sorted[i - 1]) from = sorted[i];
  }
  std::vector<double> kept;
  for (double y : losses)
    if (y < from) kept.push_back(y);
  return kept;
}

TEST(ReadHistory, WhichRunsDivergedIsAsDefined) {
  std::mt19937 random(1);
  int diverged = 0;
  for (int repetition = 0; repetition < 2'000; ++repetition) {
    std::vector<double> losses(1 + random() % 14);
    // Integers, so that differences are exact; ties, and gaps that are just not or just wide enough.
    for (double& y : losses)
      y = static_cast<double>(random() % 4) + (random() % 4 == 0 ? 100.0 * static_cast<double>(random() % 5) : 0);
    const std::vector<double> kept = NotDiverged(losses);
    EXPECT_EQ(Read(Floats(1), losses).objectives[0].values, kept);
    diverged += kept.size() < losses.size();
  }
  EXPECT_GT(diverged, 100);
}

TEST(CountLessons, TeachesTwoSaysWhetherItCountsTwo) {
  std::mt19937 random(1);
  int few = 0;
  for (int repetition = 0; repetition < 2'000; ++repetition) {
    History history(std::vector<Direction>(1 + random() % 3, random() % 2 == 0 ? Direction::kMinimize : Direction::kMaximize));
    const uint32_t rows = random() % 12, complete = random() % 4;
    for (uint32_t row = 0; row < rows; ++row) {
      history.Append(RowState::kRunning);
      if (random() % 6 == 0) continue;
      Outcome outcome;
      outcome.state = random() % 4 <= complete ? RowState::kComplete : random() % 4 == 0 ? RowState::kPruned : RowState::kFailed;
      const double values[] = {1, 2, 3, 1e6, -1e6, kInfinity, -kInfinity};
      while (outcome.state == RowState::kComplete && outcome.values.size() < history.directions().size()) {
        outcome.values.push_back(values[random() % std::size(values)]);
      }
      history.Finish(row, outcome);
    }
    const bool two = gp::CountLessons(history, 0).taught >= 2;
    EXPECT_EQ(gp::TeachesTwo(history), two);
    few += !two;
  }
  EXPECT_GT(few, 100);
  EXPECT_LT(few, 1'900);
}

TEST(ReadHistory, WhatASearchThatHasConvergedBeganWithDidNotDiverge) {
  std::vector<double> losses = {1, 3, 2, 5, 4, 0.7, 0.1, 0.01};
  for (int i = 0; i < 40; ++i) losses.push_back(1e-4 + 1e-9 * i);
  const gp::Observations seen = Read(Floats(1), losses);
  EXPECT_EQ(seen.objectives[0].values, losses);
  EXPECT_TRUE(seen.failure.values.empty());
}

TEST(ReadHistory, LossesOfManyMagnitudesDidNotDiverge) {
  std::vector<double> losses;
  for (int i = 0; i < 20; ++i) losses.push_back(std::pow(10, (i * 7) % 20));
  EXPECT_THAT(Read(Floats(1), losses).objectives[0].values, losses);
  EXPECT_THAT(Read(Floats(1), {2, 2, 2, 2, 2, 2, 7}).feasible, Each(1));
}

}  // namespace
}  // namespace parzen
