#include "sampler/tpe/tpe_sampler.h"

#include <cmath>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sampler/random.h"
#include "sampler/suggested.h"
#include "sampler/tpe/estimator_2_9_1.h"
#include "sampler/tpe/split.h"
#include "sampler/trial_stream.h"

namespace parzen::tpe {
namespace {

SearchSpace Space() {
  return *SearchSpace::Create({
      {"x", FloatDistribution{-5, 5}, {}},
      {"lr", FloatDistribution{1e-5, 1, true}, {}},
      {"n", IntDistribution{1, 30}, {}},
      {"c", CategoricalDistribution{{std::string("a"), std::string("b"), std::string("c")}}, {}},
      {"y", FloatDistribution{0, 1}, Condition{"c", {std::string("b"), std::string("c")}}},
      {"z", FloatDistribution{0, 1}, Condition{"c", {std::string("b"), std::string("c")}}},
  });
}

double Loss(const Point& p) {
  const double branch = std::isnan(p[4]) ? 0.5 : std::pow(p[4] - 0.3, 2) + std::pow(p[5] - 0.8, 2);
  return std::pow(p[0] - 1, 2) + std::pow(std::log10(p[1]) + 2, 2) + std::abs(p[2] - 7) / 10 + branch;
}

bool Same(const Point& a, const Point& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
  }
  return true;
}

// Runs a study of several workers; what ends how is random.
class Study {
 public:
  Study(const TpeOptions& options, std::vector<Direction> directions, int workers)
      : options_(options),
        history_(directions),
        sampler_(options, 1, directions.size()),
        stream_(9, 0, "study"),
        workers_(workers) {}

  Suggestion Ask(Sampler* sampler) {
    return *sampler->Suggest(history_, {.number = history_.size(), .space = &space_, .streams = streams_});
  }

  void Step() {
    const Suggestion suggestion = Ask(&sampler_);
    streams_ = suggestion.draft.after;
    const int64_t row = history_.size();
    history_.Append(RowState::kRunning);
    SetSuggested(space_, suggestion, row, &history_);
    points_.push_back(suggestion.point);
    while (static_cast<int>(history_.running().size()) >= workers_) Tell();
  }

  const History& history() const { return history_; }
  const std::vector<Point>& points() const { return points_; }
  StreamPositions streams() const { return streams_; }
  const SearchSpace& space() const { return space_; }
  TpeSampler Fresh() const { return TpeSampler(options_, 1, history_.directions().size()); }

 private:
  void Tell() {
    const auto& running = history_.running();
    const int64_t row = running[static_cast<size_t>(stream_.Uniform() * static_cast<double>(running.size()))];
    Outcome outcome;
    const double u = stream_.Uniform();
    if (u < 0.05) {
      outcome.state = RowState::kFailed;
    } else if (u < 0.1) {
      outcome.state = RowState::kInfeasible;
    } else if (u < 0.2 && history_.directions().size() == 1) {
      outcome = {.state = RowState::kPruned, .last_step = static_cast<int64_t>(u * 100), .last_value = Loss(points_[row])};
    } else {
      for (size_t k = 0; k < history_.directions().size(); ++k) {
        outcome.values.push_back(Loss(points_[row]) * (k == 0 ? 1 : -1) + static_cast<double>(k) * points_[row][0]);
      }
    }
    if (u > 0.9) outcome.constraints = {{"memory", u - 0.95}};
    history_.Finish(row, outcome);
  }

  const TpeOptions options_;
  const SearchSpace space_ = Space();
  History history_;
  TpeSampler sampler_;
  TrialStream stream_;
  const int workers_;
  StreamPositions streams_;
  std::vector<Point> points_;
};

TpeOptions Options(Reproduce reproduce, std::optional<bool> multivariate = std::nullopt) {
  TpeOptions options;
  options.reproduce = reproduce;
  options.multivariate = multivariate;
  return options;
}

TEST(ConsiderPriorTest, HasAnEffectIn291Only) {
  for (const Reproduce reproduce : {Reproduce::kNone, Reproduce::kOptuna291, Reproduce::kOptuna50}) {
    TpeOptions without = Options(reproduce);
    without.consider_prior = false;
    Study study(Options(reproduce), {Direction::kMinimize}, 1), other(without, {Direction::kMinimize}, 1);
    bool same = true;
    for (int i = 0; i < 30; ++i) {
      study.Step();
      other.Step();
      same = same && Same(study.points().back(), other.points().back());
    }
    EXPECT_EQ(same, reproduce != Reproduce::kOptuna291);
  }
}

class EveryModeTest : public testing::TestWithParam<std::tuple<Reproduce, std::optional<bool>, size_t>> {};

TEST_P(EveryModeTest, ARestartedSamplerSuggestsTheSameAndExplainsIt) {
  const auto& [reproduce, multivariate, objectives] = GetParam();
  Study study(Options(reproduce, multivariate), std::vector<Direction>(objectives, Direction::kMinimize), 4);
  for (int i = 0; i < 120; ++i) {
    study.Step();
    if (i % 8 != 0) continue;
    TpeSampler fresh = study.Fresh(), again = study.Fresh();
    const Suggestion suggestion = study.Ask(&fresh);
    ASSERT_TRUE(Same(study.Ask(&again).point, suggestion.point));
    ASSERT_TRUE(Same(study.Ask(&fresh).point, suggestion.point)) << "asking changes nothing";
    const Explanation explanation =
        *fresh.Explain(study.history(), {.number = study.history().size(), .space = &study.space(), .streams = study.streams()});
    for (const ExplainedGroup& group : explanation.groups) {
      if (group.method != "tpe") continue;
      ASSERT_GE(group.winner, 0);
      const Candidate& winner = group.candidates[group.winner];
      for (const Candidate& candidate : group.candidates) {
        EXPECT_LE(candidate.log_l - candidate.log_g + candidate.heed, winner.log_l - winner.log_g + winner.heed);
      }
      for (const NamedValue& value : winner.params) {
        const size_t p = *study.space().Find(value.name);
        EXPECT_TRUE(std::isnan(suggestion.point[p]) || suggestion.point[p] == value.value) << value.name;
      }
    }
  }
}

TEST_P(EveryModeTest, TheLivingSamplerSuggestsWhatARestartedOneDoes) {
  const auto& [reproduce, multivariate, objectives] = GetParam();
  Study study(Options(reproduce, multivariate), std::vector<Direction>(objectives, Direction::kMinimize), 3);
  for (int i = 0; i < 150; ++i) {
    TpeSampler fresh = study.Fresh();
    const Point expected = study.Ask(&fresh).point;
    study.Step();
    ASSERT_TRUE(Same(study.points().back(), expected)) << i;
  }
}

TEST_P(EveryModeTest, ASuggestionLiesInARangeWhoseBoundsAddUpToInfinity) {
  const auto& [reproduce, multivariate, objectives] = GetParam();
  TpeOptions options = Options(reproduce, multivariate);
  options.n_startup_trials = 0;
  const FloatDistribution range{-1.29e308, -1.28e308};
  const SearchSpace space = *SearchSpace::Create({{"x", range, {}}});
  History history(std::vector<Direction>(objectives, Direction::kMinimize));
  TpeSampler sampler(options, 1, objectives);
  StreamPositions streams;
  for (int64_t number = 0; number < 30; ++number) {
    const auto suggestion = sampler.Suggest(history, {.number = number, .space = &space, .streams = streams});
    ASSERT_TRUE(suggestion.ok()) << suggestion.status();
    ASSERT_TRUE(Contains(range, suggestion->point[0])) << number << " " << suggestion->point[0];
    streams = suggestion->draft.after;
    history.Append(RowState::kRunning);
    history.SetParam(number, "x", range, suggestion->point[0]);
    history.Finish(number, {.values = std::vector<double>(objectives, static_cast<double>(number % 7))});
  }
}

TEST_P(EveryModeTest, NoneIsAChoiceLikeOthers) {
  const auto& [reproduce, multivariate, objectives] = GetParam();
  TpeOptions options = Options(reproduce, multivariate);
  options.n_startup_trials = 4;
  const CategoricalDistribution three{{std::monostate(), std::string("a"), std::string("b")}};
  const SearchSpace space = *SearchSpace::Create(
      {{"c", three, {}}, {"x", FloatDistribution{0, 1}, {}}, {"d", three, {}}, {"n", IntDistribution{1, 9}, {}}});
  History history(std::vector<Direction>(objectives, Direction::kMinimize));
  TpeSampler sampler(options, 1, objectives);
  StreamPositions streams;
  std::set<double> seen;
  for (int64_t number = 0; number < 60; ++number) {
    const auto suggestion = sampler.Suggest(history, {.number = number, .space = &space, .streams = streams});
    ASSERT_TRUE(suggestion.ok()) << suggestion.status();
    streams = suggestion->draft.after;
    history.Append(RowState::kRunning);
    for (size_t i = 0; i < space.size(); ++i) {
      ASSERT_TRUE(Contains(space[i].distribution, suggestion->point[i])) << number << " " << space[i].name;
      history.SetParam(number, space[i].name, space[i].distribution, suggestion->point[i]);
    }
    history.SetRelative(number, suggestion->draft.relative);
    seen.insert(suggestion->point[0]);
    const double loss = suggestion->point[1] + (suggestion->point[2] == 0 ? 0.0 : 1.0);  // None is the best choice of d
    history.Finish(number, {.values = std::vector<double>(objectives, loss)});
  }
  EXPECT_EQ(seen.size(), 3u);
}

TEST(Estimator291Test, LeavesOutTrialsWithNoneWhereParametersHaveDifferentNumbers) {
  const double none = kAbsent;
  EXPECT_THAT(WithoutRagged({{1, none, 2, 0}, {0, 1, 2, none}}, {0, 1, 3}), testing::ElementsAre(0, 1, 3)) << "one each";
  EXPECT_THAT(WithoutRagged({{1, none, 2, 0}, {0, 1, 2, none}}, {0, 1, 2}), testing::ElementsAre(0, 2));
  EXPECT_THAT(WithoutRagged({{none, none}, {0, 1}}, {0, 1}), testing::IsEmpty());
  EXPECT_THAT(WithoutRagged({{none, 1}}, {0, 1}), testing::ElementsAre(0, 1));
}

INSTANTIATE_TEST_SUITE_P(Modes, EveryModeTest,
                         testing::Values(std::tuple(Reproduce::kNone, std::nullopt, 1), std::tuple(Reproduce::kNone, false, 1),
                                         std::tuple(Reproduce::kNone, std::nullopt, 2), std::tuple(Reproduce::kNone, true, 2),
                                         std::tuple(Reproduce::kOptuna50, std::nullopt, 1),
                                         std::tuple(Reproduce::kOptuna50, std::nullopt, 3),
                                         std::tuple(Reproduce::kOptuna291, true, 1),
                                         std::tuple(Reproduce::kOptuna291, std::nullopt, 1)));

TEST(TpeSamplerTest, ConditionalParametersAreSampledAsAGroup) {
  Study study({}, {Direction::kMinimize}, 1);
  for (int i = 0; i < 40; ++i) study.Step();
  TpeSampler fresh = study.Fresh();
  const Explanation explanation =
      *fresh.Explain(study.history(), {.number = study.history().size(), .space = &study.space(), .fixed = {{"c", 1}}});
  std::set<std::vector<std::string>> groups;
  for (const ExplainedGroup& group : explanation.groups) groups.insert(group.parameters);
  EXPECT_TRUE(groups.contains({"x", "lr", "n", "c"}));
  EXPECT_TRUE(groups.contains({"y", "z"}));
}

TEST(TpeSamplerTest, FindsBetterPointsThanChance) {
  double tpe = 0, chance = 0;
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const SearchSpace space = Space();
    for (const bool random : {false, true}) {
      History history({Direction::kMinimize});
      TpeSampler sampler({}, seed, 1);
      RandomSampler baseline(seed);
      double best = 1e9;
      for (int64_t row = 0; row < 80; ++row) {
        const AskRequest request{.number = row, .space = &space};
        const Point point = (random ? static_cast<Sampler&>(baseline) : sampler).Suggest(history, request)->point;
        history.Append(RowState::kRunning);
        for (size_t i = 0; i < space.size(); ++i) {
          if (!std::isnan(point[i])) history.SetParam(row, space[i].name, space[i].distribution, point[i]);
        }
        history.Finish(row, {.state = RowState::kComplete, .values = {Loss(point)}});
        best = std::min(best, Loss(point));
      }
      (random ? chance : tpe) += best;
    }
  }
  EXPECT_LT(tpe, 0.7 * chance);
}

// Where the logarithms of the bounds are equal, or the reciprocal of their distance is infinite.
TEST(TpeSamplerTest, RangesOfAFewDoublesAreSuggestedFrom) {
  constexpr int64_t kMost = int64_t{1} << 53;
  const std::vector<Distribution> ranges = {FloatDistribution{1e16, 1e16 + 2, true},
                                            FloatDistribution{1e300, std::nextafter(1e300, 2e300), true},
                                            FloatDistribution{1e-300, std::nextafter(1e-300, 1)},
                                            FloatDistribution{5e-324, 1e-323}, IntDistribution{kMost - 1, kMost, true}};
  TpeOptions all;
  all.n_startup_trials = 1;
  std::vector<TpeOptions> modes(5, all);
  modes[1].reproduce = Reproduce::kOptuna50;
  modes[2].reproduce = Reproduce::kOptuna291;
  modes[3].multivariate = false;
  modes[4].prior_weight = 0;
  for (const Distribution& range : ranges) {
    const SearchSpace space = *SearchSpace::Create({{"narrow", range, {}}, {"wide", FloatDistribution{0, 1}, {}}});
    for (size_t mode = 0; mode < modes.size(); ++mode) {
      History history({Direction::kMinimize});
      TpeSampler sampler(modes[mode], 1, 1);
      for (int64_t row = 0; row < 8; ++row) {
        const Point point = sampler.Suggest(history, {.number = row, .space = &space})->point;
        history.Append(RowState::kRunning);
        for (size_t i = 0; i < space.size(); ++i) {
          ASSERT_TRUE(Contains(space[i].distribution, point[i])) << "mode " << mode << ", row " << row << ": " << point[i];
          history.SetParam(row, space[i].name, space[i].distribution, point[i]);
        }
        history.Finish(row, {.state = RowState::kComplete, .values = {point[1]}});
      }
    }
  }
}

TEST(SplitTest, TheIncrementalSplitIsTheWholeOne) {
  for (const Direction direction : {Direction::kMinimize, Direction::kMaximize}) {
    Study study({}, {direction}, 5);
    const TpeSettings settings;
    BestTrials best(settings);
    for (int i = 0; i < 300; ++i) {
      study.Step();
      best.Update(study.history());
      EXPECT_EQ(best.below(), SplitTrials(study.history(), settings, -1).below);
      EXPECT_EQ(best.observations(), CountObservations(study.history(), settings));
    }
  }
}

TEST(SplitTest, InfeasibleTrialsAreTheWorst) {
  History history({Direction::kMinimize});
  for (int i = 0; i < 11; ++i) history.Append(RowState::kRunning);
  for (int i = 0; i < 9; ++i) history.Finish(i, {.state = RowState::kInfeasible});
  history.Finish(9, {.state = RowState::kComplete, .values = {1e300}});
  history.Finish(10, {.state = RowState::kPruned});
  EXPECT_THAT(SplitTrials(history, {}, -1).below, testing::ElementsAre(9, 10));
  TpeSettings reproducing;
  reproducing.reproduce = Reproduce::kOptuna50;
  EXPECT_THAT(SplitTrials(history, reproducing, -1).below, testing::ElementsAre(9));
  EXPECT_THAT(SplitTrials(history, reproducing, -1).above, testing::ElementsAre(10));
}

}  // namespace
}  // namespace parzen::tpe
