// That samplers learn from trials that fail: regions of failures are left after a few, no point that failed comes again, and
// failures that have nothing to do with the parameters do no harm.

#include "sampler/failures.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sampler/trial_stream.h"
#include "tests/sampler/failing_problems.h"
#include "tests/sampler/study_driver.h"

namespace parzen {
namespace {

SamplerConfig Config(SamplerKind kind, uint64_t seed) {
  SamplerConfig config;
  config.kind = kind;
  config.seed = seed;
  return config;
}

std::string NameOf(const testing::TestParamInfo<SamplerKind>& info) {
  std::string name(DescriptorOf(info.param).name);
  std::erase(name, '-');
  return name;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) / 2];
}

class LearnsFromFailuresTest : public testing::TestWithParam<SamplerKind> {};

// A quarter of the trials in the median of the seeds; samplers that do not learn send up to nine of ten into these regions. What
// is best next to the region is looked for nevertheless: few problems are left where chance alone would have found better.
TEST_P(LearnsFromFailuresTest, RegionsThatFailAreLeftAfterAFewTrials) {
  const bool quick = GetParam() == SamplerKind::kTpe;  // in computing
  int problems = 0, worse_than_chance = 0;
  for (const FailingProblem& problem : FailingProblems()) {
    if (GetParam() == SamplerKind::kAuto && problem.name != "edge") continue;  // auto is one of the others
    std::vector<double> failed, best, by_chance;
    for (uint64_t seed = 1; seed <= (quick || problem.name == "edge" ? 10u : 3u); ++seed) {
      const FailingRun run = RunFailingProblem(problem, Config(GetParam(), seed));
      failed.push_back(run.failed);
      best.push_back(run.best);
      by_chance.push_back(RunFailingProblem(problem, Config(SamplerKind::kRandom, seed)).best);
      EXPECT_EQ(run.repeated, 0) << problem.name;
    }
    // What is asked for is a quarter. Where two of six parameters have a failing region each, or two ints fail by their product,
    // a few more are needed.
    const bool hard = problem.name == "six" || problem.name == "linear-int";
    const int most = hard ? problem.trials * 2 / 5 : problem.trials / 4;
    EXPECT_LE(Median(failed), most) << problem.name;
    ++problems;
    worse_than_chance += Median(best) > Median(by_chance);
  }
  EXPECT_LE(worse_than_chance, problems / 6);
}

// Trials that did not crash until a loss is reached, the one that reaches it counted.
int TrialsToReach(const Smooth& problem, SamplerKind kind, uint64_t seed, double crash_rate) {
  constexpr int kMost = 120;
  StudyDriver study(problem.space, Config(kind, seed));
  TrialStream crashes(seed, 0, "crashes");
  int used = 0;
  for (int i = 0; i < kMost; ++i) {
    const Point point = study.Ask();
    if (crashes.Uniform() < crash_rate) {
      study.Tell(i, {.state = RowState::kFailed});
      continue;
    }
    ++used;
    const double loss = problem.loss(point);
    study.Tell(i, {.values = {loss}});
    if (loss <= problem.target) break;
  }
  return used;
}

// One trial in ten crashes. At most 5 % more of the others than without crashes: what the runs of a seed, with and without, cost
// beyond that is no more than chance explains (one-sided t-test at 95 %, seeds being independent and each the mean of all
// problems).
TEST_P(LearnsFromFailuresTest, FailuresAtRandomCostHardlyMoreThanThemselves) {
  const int seeds = GetParam() == SamplerKind::kTpe    ? 100
                    : GetParam() == SamplerKind::kGpEi ? 25
                                                       : 8;  // auto is one of the others
  double sum = 0, squares = 0, with_all = 0, without_all = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    double excess = 0;
    for (const Smooth& problem : SmoothProblems()) {
      const double without = TrialsToReach(problem, GetParam(), static_cast<uint64_t>(seed), 0);
      const double with = TrialsToReach(problem, GetParam(), static_cast<uint64_t>(seed), 0.1);
      excess += with - 1.05 * without;
      with_all += with;
      without_all += without;
    }
    sum += excess;
    squares += excess * excess;
  }
  const double mean = sum / seeds, error = std::sqrt((squares / seeds - mean * mean) / (seeds - 1));
  EXPECT_LE(mean, 1.9 * error) << "ratio " << with_all / without_all;  // t of 7 degrees of freedom: 1.89, of 99: 1.66
  if (GetParam() != SamplerKind::kAuto) {
    EXPECT_LT(with_all, 1.15 * without_all);
  }
}

TEST_P(LearnsFromFailuresTest, ASuggestionIsTheSameAfterARestartAndInWhateverOrderResultsCame) {
  const FailingProblem problem = FailingProblems()[0];
  StudyDriver steady(problem.space, Config(GetParam(), 3));
  std::vector<Point> points;
  std::vector<Outcome> outcomes;
  for (int i = 0; i < 30; ++i) {
    points.push_back(steady.Ask());
    Outcome outcome{.values = {problem.loss(points.back())}};
    if (problem.fails(points.back())) outcome = {.state = RowState::kFailed};
    outcomes.push_back(outcome);
    steady.Tell(i, outcome);
  }
  const Point expected = steady.Ask();
  History backwards({Direction::kMinimize});
  for (int i = 0; i < 30; ++i) {
    backwards.Append(RowState::kRunning);
    for (size_t p = 0; p < problem.space.size(); ++p) {
      backwards.SetParam(i, problem.space[p].name, problem.space[p].distribution, points[static_cast<size_t>(i)][p]);
    }
  }
  for (int i = 30; i-- > 0;) backwards.Finish(i, outcomes[static_cast<size_t>(i)]);
  const auto fresh = MakeSampler(Config(GetParam(), 3), {Direction::kMinimize}).value();
  EXPECT_EQ(fresh->Suggest(backwards, {.number = 30, .space = &problem.space})->point, expected);
}

INSTANTIATE_TEST_SUITE_P(Samplers, LearnsFromFailuresTest,
                         testing::Values(SamplerKind::kAuto, SamplerKind::kGpEi, SamplerKind::kTpe), NameOf);

class EverySamplerTest : public testing::TestWithParam<SamplerKind> {};

TEST_P(EverySamplerTest, AFailedPointComesBackOnlyWhenNothingElseIsLeft) {
  StudyDriver study(*SearchSpace::Create({{"n", IntDistribution{1, 4}, {}}, {"c", CategoricalDistribution{{true, false}}, {}}}),
                    Config(GetParam(), 1));
  study.AllowRepeats();
  TakenPoints failed;
  for (int i = 0; i < 40; ++i) {
    const Point point = study.Ask();
    const uint64_t index = study.space().IndexOf(point);
    EXPECT_TRUE(!failed.contains(index) || failed.size() == 8) << i;
    if (i % 2 == 0 && failed.size() < 8) {
      failed.insert(index);
      study.Tell(i, {.state = i % 4 == 0 ? RowState::kFailed : RowState::kInfeasible});
    } else {
      study.Tell(i, {.values = {static_cast<double>(index)}});
    }
  }
  EXPECT_EQ(failed.size(), 8u);
}

TEST_P(EverySamplerTest, AStudyWhoseTrialsAllFailGoesOn) {
  StudyDriver study(*SearchSpace::Create({FloatOf("x", 0, 1), {"n", IntDistribution{1, 3}, {}}}), Config(GetParam(), 1));
  std::vector<Point> points;
  for (int i = 0; i < 30; ++i) {
    const Point point = study.Ask();
    EXPECT_EQ(std::count(points.begin(), points.end(), point), 0);
    points.push_back(point);
    study.Tell(i, {.state = RowState::kFailed});
  }
  study.Ask();
  study.Tell(30, {.values = {1}});
  study.Ask();
}

INSTANTIATE_TEST_SUITE_P(Samplers, EverySamplerTest,
                         testing::Values(SamplerKind::kAuto, SamplerKind::kRandom, SamplerKind::kQmc, SamplerKind::kTpe,
                                         SamplerKind::kGpEi),
                         NameOf);

TEST(FailuresTest, TheShareIsOfTheLatestTrialsByNumberWhateverEndedFirst) {
  History history({Direction::kMinimize});
  Failures failures;
  for (int i = 0; i < 50; ++i) history.Append(RowState::kRunning);
  for (int i = 50; i-- > 0;) {
    history.Finish(i, i >= 45 ? Outcome{.state = RowState::kFailed} : Outcome{.values = {0}});
    failures.Update(history, nullptr);
  }
  EXPECT_EQ(failures.share(), 5.0 / static_cast<double>(kLatestTrials));
  EXPECT_EQ(failures.count(), 5);
}

TEST(FailuresTest, PointsAreKnownByTheirPlaceOnAGrid) {
  const SearchSpace space = *SearchSpace::Create({{"x", FloatDistribution{0, 10, false, 0.1}, {}}, FloatOf("y", 0, 1)});
  History history({Direction::kMinimize});
  history.Append(RowState::kRunning);
  history.SetParam(0, "x", space[0].distribution, 6.6);
  history.SetParam(0, "y", space[1].distribution, 0.5);
  history.Finish(0, {.state = RowState::kInfeasible});
  Failures failures;
  failures.Update(history, &space);
  EXPECT_TRUE(failures.Contains({6.6000000000000005, 0.5}));
  EXPECT_FALSE(failures.Contains({6.7, 0.5}));
  EXPECT_FALSE(failures.Contains({6.6, 0.25}));
}

}  // namespace
}  // namespace parzen
