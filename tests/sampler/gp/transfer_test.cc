#include "sampler/gp/transfer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sampler/gp/earlier_study.h"
#include "sampler/make_sampler.h"
#include "sampler/trial_stream.h"
#include "tests/sampler/gp/finite_differences.h"
#include "tests/sampler/gp/gp_study.h"
#include "tests/sampler/study_driver.h"

namespace parzen::gp {
namespace {

using Loss = double (*)(const Point&);

// A bowl on another scale and with another offset than Bowl, its lowest point a little apart.
double NearBowl(const Point& point) {
  double sum = 0;
  for (const double x : point) sum += (x - 0.33) * (x - 0.33);
  return 1000 + 70 * sum;
}
double Negated(const Point& point) { return -NearBowl(point); }

// An earlier study of `n` random trials.
EarlierTrials Earlier(const SearchSpace& space, const std::string& name, int n, Loss loss) {
  EarlierTrials trials;
  trials.name = name;
  trials.revision = n;
  TrialStream stream(7, n, name);
  for (int i = 0; i < n; ++i) {
    Point point;
    for (size_t p = 0; p < space.size(); ++p) point.push_back(stream.Uniform());
    trials.losses.push_back({loss == nullptr ? stream.Uniform() : loss(point)});
    trials.points.push_back(std::move(point));
  }
  return trials;
}

std::shared_ptr<const WarmStart> Snapshot(const SearchSpace& space, const std::vector<EarlierTrials>& studies) {
  return std::make_shared<const WarmStart>(LearnFrom(space, studies));
}

// Runs gp-ei; how many trials it took to fall below `goal`, and the study's last explanation in `weights` by name.
int TrialsTo(double goal, const SearchSpace& space, const std::shared_ptr<const WarmStart>& warm_start, int most, uint64_t seed) {
  StudyDriver study(space, {.kind = SamplerKind::kGpEi, .seed = seed}, {Direction::kMinimize}, warm_start);
  for (int i = 0; i < most; ++i) {
    const double loss = Bowl(study.Ask());
    study.Tell(i, {.values = {loss}, .constraints = {}});
    if (loss <= goal) return i + 1;
  }
  return most;
}

TEST(NormalScores, FollowRanksWhateverTheScale) {
  const std::vector<double> scores = NormalScores({{1e300}, {-5}, {3}, {kInfinity}, {-1e9}});
  EXPECT_LT(scores[4], scores[1]);
  EXPECT_LT(scores[1], scores[2]);
  EXPECT_LT(scores[2], scores[0]);
  EXPECT_LT(scores[0], scores[3]);
  EXPECT_DOUBLE_EQ(scores[2], 0);
  EXPECT_DOUBLE_EQ(scores[4], -scores[3]);
  EXPECT_EQ(scores, NormalScores({{7}, {2}, {3}, {8}, {1}}));
}

TEST(NormalScores, TiesAreAlike) {
  const std::vector<double> scores = NormalScores({{1}, {1}, {1}, {2}});
  EXPECT_EQ(scores[0], scores[1]);
  EXPECT_EQ(scores[0], scores[2]);
  EXPECT_LT(scores[0], scores[3]);
  EXPECT_EQ(NormalScores({{4}, {4}}), (std::vector<double>{0, 0}));
}

TEST(EarlierStudy, KeepsFewPointsOfManyTrialsAndTheBestOfThem) {
  const SearchSpace space = Floats(2);
  const EarlierTrials trials = Earlier(space, "many", 1000, NearBowl);
  const EarlierStudy study = LearnEarlier(space, trials);
  EXPECT_EQ(study.trials, 1000);
  ASSERT_EQ(study.points.size(), static_cast<size_t>(kEarlierPoints));
  EXPECT_EQ(study.losses.size(), study.points.size());
  const auto best = std::min_element(trials.losses.begin(), trials.losses.end()) - trials.losses.begin();
  EXPECT_NE(std::find(study.points.begin(), study.points.end(), trials.points[static_cast<size_t>(best)]), study.points.end());
}

TEST(EarlierStudy, ASnapshotOfManyParametersStaysSmall) {
  const SearchSpace space = Floats(400);
  std::vector<EarlierTrials> studies;
  for (int i = 0; i < 20; ++i) studies.push_back(Earlier(space, "s" + std::to_string(i), 30, NearBowl));
  for (const EarlierStudy& study : LearnFrom(space, studies).studies) EXPECT_LE(study.points.size(), 6U);
}

TEST(EarlierStudy, TheModelRanksPointsAsTheStudyDid) {
  const SearchSpace space = Mixed();
  EarlierTrials trials;
  TrialStream stream(1, 2, "mixed");
  const Encoding encoding(space);
  for (int i = 0; i < 80; ++i) {
    std::vector<double> units;
    for (size_t p = 0; p < space.size(); ++p) units.push_back(stream.Uniform());
    trials.points.push_back(encoding.Complete(Point(space.size(), kAbsent), units.data()));
    trials.losses.push_back({MixedLoss(trials.points.back())});
  }
  const EarlierStudy study = LearnEarlier(space, trials);
  EXPECT_EQ(study.parameters, (std::vector<std::string>{"model", "lr", "depth", "gamma", "k"}));
  const EarlierModel model(study, encoding);
  Eigen::MatrixXd at(2, encoding.columns());
  at.row(0) = encoding.Encode({1, 1e-3, 4, 0.8, kAbsent, 2});
  at.row(1) = encoding.Encode({0, 1e-5, 9, 0.1, kAbsent, 2});
  const Eigen::VectorXd means = model.Means(at);
  EXPECT_LT(means[0], -1);
  EXPECT_GT(means[1], means[0] + 1);
}

TEST(EarlierStudy, OfAnotherSpaceTheRestDoesNotMatter) {
  const SearchSpace space = Floats(3);
  EarlierTrials trials = Earlier(space, "two of three", 60, NearBowl);
  for (Point& point : trials.points) point[1] = kAbsent;
  const EarlierStudy study = LearnEarlier(space, trials);
  EXPECT_EQ(study.parameters, (std::vector<std::string>{"x0", "x2"}));
  const Encoding encoding(space);
  const EarlierModel model(study, encoding);
  Eigen::MatrixXd at(2, 3);
  at << 0.2, 0.1, 0.7, 0.2, 0.9, 0.7;
  const Eigen::VectorXd means = model.Means(at);
  EXPECT_EQ(means[0], means[1]);
  Eigen::VectorXd gradient = Eigen::VectorXd::Zero(3);
  EXPECT_DOUBLE_EQ(model.MeanAndGradient(at.row(0), 2.0, &gradient), means[0]);
  EXPECT_EQ(gradient[1], 0);
  EXPECT_NE(gradient[0], 0);
}

// Length-scales are kept in ranges; what the model says of a point does not depend on how wide the range has become.
TEST(EarlierStudy, RangesMayGrow) {
  const SearchSpace narrow = Space({Float("x", 0, 1)}), wide = Space({Float("x", -1, 3)});
  const EarlierStudy study = LearnEarlier(narrow, Earlier(narrow, "narrow", 40, NearBowl));
  const Encoding before(narrow), after(wide);
  for (const double x : {0.1, 0.35, 0.8}) {
    const Eigen::MatrixXd at = before.Encode({x}).transpose(), then = after.Encode({x}).transpose();
    EXPECT_NEAR(EarlierModel(study, before).Means(at)[0], EarlierModel(study, after).Means(then)[0], 1e-6);
  }
}

TEST(ChooseFirst, TheFirstPointIsGoodInAllStudies) {
  const SearchSpace space = Floats(1);
  // Two studies with their lowest points at 0.3 and 0.36, and one at 0.9.
  const auto study = [&](const std::string& name, double lowest) {
    EarlierTrials trials;
    trials.name = name;
    for (int i = 0; i <= 50; ++i) {
      const double x = i / 50.0;
      trials.points.push_back({x});
      trials.losses.push_back({(x - lowest) * (x - lowest)});
    }
    return LearnEarlier(space, trials);
  };
  const auto first = ChooseFirst(space, {study("a", 0.3), study("b", 0.36), study("c", 0.9)});
  ASSERT_EQ(first.size(), kFirstPoints);
  EXPECT_NEAR(first[0][0].value, 0.4, 0.15);
  double farthest = 0;
  for (const auto& point : first) farthest = std::max(farthest, point[0].value);
  EXPECT_GT(farthest, 0.8) << "the third study's region is tried, too";
}

TEST(RankingWeights, GoodModelsShareTheWeightAndOthersAreDropped) {
  constexpr Eigen::Index kN = 12;
  Eigen::VectorXd outputs(kN), own(kN);
  Eigen::MatrixXd predictions(kN, 4);
  TrialStream stream(1, 1, "weights");
  for (Eigen::Index i = 0; i < kN; ++i) {
    outputs[i] = stream.Uniform();
    own[i] = 0.5 + 0.1 * stream.Uniform();
    predictions(i, 0) = 3 * outputs[i] + 5;          // right
    predictions(i, 1) = -outputs[i];                 // negated
    predictions(i, 2) = stream.Uniform();            // random
    predictions(i, 3) = outputs[i] + 0.1 * (i % 2);  // nearly right
  }
  const Eigen::VectorXd weights = RankingWeights(predictions, own, outputs, 1, 12);
  EXPECT_NEAR(weights.sum(), 1, 1e-12);
  EXPECT_EQ(weights[1], 0);
  EXPECT_LT(weights[2], 0.05);
  EXPECT_GT(weights[0], 0.6);
  EXPECT_EQ(weights, RankingWeights(predictions, own, outputs, 1, 12)) << "the same question has the same answer";
  EXPECT_EQ(RankingWeights(predictions.col(1), own, outputs, 1, 12).sum(), 0);
}

TEST(Transfer, HelpsAndItsGradientIsThatOfItsMean) {
  const SearchSpace space = Floats(2);
  const Encoding encoding(space);
  const auto warm_start = Snapshot(space, {Earlier(space, "near", 60, NearBowl), Earlier(space, "negated", 60, Negated)});
  Study study(space);
  study.Run(8, Bowl);
  const Observations observations = ReadHistory(study.history(), encoding, 8, GpSampler::kAlgorithmVersion);
  Fits fits;
  Surrogate own(Kernel(KernelShape::kMatern52, encoding.Categorical()), PriorFor(2), OutputKind::kLoss);
  own.Condition(observations, observations.objectives[0], &fits);
  Transfer transfer(warm_start, encoding);
  ASSERT_TRUE(transfer.Condition(own, Eigen::MatrixXd(0, 2), Eigen::MatrixXd(0, 1), 1, 8));
  EXPECT_TRUE(transfer.helps());
  EXPECT_GT(transfer.weights()[0], 0.99);
  EXPECT_EQ(transfer.weights()[1], 0);
  const auto improvement = transfer.Improvement(Eigen::VectorXd::Constant(1, transfer.means().minCoeff()));
  for (const double x : {0.11, 0.47, 0.86}) {
    const Eigen::VectorXd at = Eigen::Vector2d(x, 0.4);
    Eigen::VectorXd gradient;
    EXPECT_NEAR(improvement->ValueAndGradient(at, &gradient), improvement->Values(at.transpose())[0], 1e-9);
    ExpectGradient([&](const Eigen::VectorXd& p) { return improvement->Values(p.transpose())[0]; }, at, gradient, 1e-4);
  }
}

TEST(Transfer, RunningTrialsAreTakenIntoAccount) {
  const SearchSpace space = Floats(2);
  const auto warm_start = Snapshot(space, {Earlier(space, "near", 60, NearBowl)});
  StudyDriver study(space, {.kind = SamplerKind::kGpEi, .seed = 3}, {Direction::kMinimize}, warm_start);
  for (int i = 0; i < 6; ++i) {
    const Point point = study.Ask();
    study.Tell(i, {.values = {Bowl(point)}, .constraints = {}});
  }
  std::vector<Point> running;
  for (int i = 0; i < 4; ++i) running.push_back(study.Ask());
  for (size_t i = 0; i < running.size(); ++i) {
    for (size_t j = 0; j < i; ++j) EXPECT_FALSE(Same(running[i], running[j])) << PrintPoint(running[i]);
  }
}

TEST(Transfer, ANewStudyIsFasterThanACold) {
  const SearchSpace space = Floats(4);
  const auto warm_start = Snapshot(space, {Earlier(space, "near", 100, NearBowl)});
  constexpr int kMost = 40;
  int warm = 0, cold = 0;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    warm += TrialsTo(0.01, space, warm_start, kMost, seed);
    cold += TrialsTo(0.01, space, nullptr, kMost, seed);
  }
  EXPECT_LT(warm, cold);
}

// How many Sobol points a warm-started study tries after its first points.
int DesignAfterFirst(const std::shared_ptr<const WarmStart>& warm_start, const SearchSpace& space) {
  const SamplerConfig config = {.kind = SamplerKind::kGpEi, .seed = 2};
  StudyDriver study(space, config, {Direction::kMinimize}, warm_start), design(space, config);
  int same = 0;
  for (int i = 0; i < 7; ++i) {
    const Point point = study.Ask();
    same += Same(point, design.Ask());  // nothing is told to it: every trial is of the design
    study.Tell(i, {.values = {Bowl(point)}, .constraints = {}});
  }
  return same;
}

// The design is completed only where the earlier studies are not believed. Of three points that are all good, chance may say
// which is the best; one of the design tells more.
TEST(Transfer, StudiesThatAreBelievedTakeThePlaceOfTheDesign) {
  const SearchSpace space = Floats(3);
  EXPECT_LE(DesignAfterFirst(Snapshot(space, {Earlier(space, "near", 60, NearBowl)}), space), 1);
  EXPECT_EQ(DesignAfterFirst(Snapshot(space, {Earlier(space, "negated", 60, Negated)}), space), 2);
}

// A source whose losses are negated and one that is random cost no more than the trials that begin with them, but for what seeds
// differ in.
TEST(Transfer, MisleadingStudiesCostTheirFirstTrialsAtMost) {
  const SearchSpace space = Floats(3);
  constexpr int kMost = 60;
  constexpr uint64_t kSeeds = 5;
  const auto median = [&](const std::shared_ptr<const WarmStart>& warm_start) {
    std::vector<int> trials;
    for (uint64_t seed = 1; seed <= kSeeds; ++seed) trials.push_back(TrialsTo(0.01, space, warm_start, kMost, seed));
    std::sort(trials.begin(), trials.end());
    return trials[kSeeds / 2];
  };
  const int cold = median(nullptr);
  EXPECT_LE(median(Snapshot(space, {Earlier(space, "negated", 60, Negated)})), cold + static_cast<int>(kFirstPoints));
  EXPECT_LE(median(Snapshot(space, {Earlier(space, "random", 60, nullptr)})), cold + static_cast<int>(kFirstPoints));
}

TEST(Transfer, ASuggestionIsTheSameAfterARestart) {
  const SearchSpace space = Floats(2);
  const auto warm_start = Snapshot(space, {Earlier(space, "near", 60, NearBowl)});
  const SamplerConfig config = {.kind = SamplerKind::kGpEi, .seed = 5};
  StudyDriver study(space, config, {Direction::kMinimize}, warm_start);
  for (int i = 0; i < 12; ++i) study.Tell(i, {.values = {Bowl(study.Ask())}, .constraints = {}});
  AskRequest request;
  request.number = 12;
  request.space = &space;
  const auto fresh = MakeSampler(config, {Direction::kMinimize}, warm_start).value();
  EXPECT_EQ(study.sampler().Suggest(study.history(), request)->point, fresh->Suggest(study.history(), request)->point);
}

// Sums of what each of three ints and a category do, the category's part other than in NearSteps.
double Steps(const Point& point) {
  return std::abs(point[0] - 4) + std::abs(point[1] - 6) + std::abs(point[2] - 2) + 2 * point[3];
}
double NearSteps(const Point& point) { return 50 + 3 * Steps(point) + point[0]; }

SearchSpace StepsSpace() { return Space({Int("a", 0, 9), Int("b", 0, 9), Int("c", 0, 9), Category("d", {"x", "y", "z"})}); }

EarlierTrials EarlierSteps(const std::string& name) {
  const SearchSpace space = StepsSpace();
  EarlierTrials trials = Earlier(space, name, 60, nullptr);
  for (size_t i = 0; i < trials.points.size(); ++i) {
    for (size_t p = 0; p < 4; ++p) trials.points[i][p] = std::floor(trials.points[i][p] * (p < 3 ? 10 : 3));
    trials.losses[i] = {NearSteps(trials.points[i])};
  }
  return trials;
}

// The models of both, the study and what it learned from, have main effects where parameters are discrete.
TEST(Transfer, OverDiscreteParametersLearnsMainEffectsAndIsTheSameAfterARestart) {
  const SearchSpace space = StepsSpace();
  const auto warm_start = Snapshot(space, {EarlierSteps("steps")});
  ASSERT_TRUE(warm_start->studies[0].main_effects);
  const SamplerConfig config = {.kind = SamplerKind::kGpEi, .seed = 5};
  StudyDriver warm(space, config, {Direction::kMinimize}, warm_start), cold(space, config);
  double best_warm = HUGE_VAL, best_cold = HUGE_VAL;
  for (int i = 0; i < 10; ++i) {
    for (auto& [study, best] : {std::pair(&warm, &best_warm), std::pair(&cold, &best_cold)}) {
      const double loss = Steps(study->Ask());
      study->Tell(i, {.values = {loss}, .constraints = {}});
      *best = std::min(*best, loss);
    }
  }
  EXPECT_LE(best_warm, best_cold);
  AskRequest request;
  request.number = 10;
  request.space = &space;
  const auto fresh = MakeSampler(config, {Direction::kMinimize}, warm_start).value();
  EXPECT_EQ(warm.sampler().Suggest(warm.history(), request)->point, fresh->Suggest(warm.history(), request)->point);
}

TEST(Transfer, ASnapshotOfVersion1GoesOnWithoutMainEffects) {
  const SearchSpace space = StepsSpace();
  auto old = std::make_shared<WarmStart>(*Snapshot(space, {EarlierSteps("steps")}));
  old->version = 1;
  old->studies[0].main_effects.reset();
  for (const int32_t version : {4, 5}) {
    StudyDriver study(space, {.kind = SamplerKind::kGpEi, .seed = 5, .algorithm_version = version}, {Direction::kMinimize}, old);
    for (int i = 0; i < 10; ++i) study.Tell(i, {.values = {Steps(study.Ask())}, .constraints = {}});
  }
}

}  // namespace
}  // namespace parzen::gp
