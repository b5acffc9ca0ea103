// WarmStartSampler: every sampler begins with the first points, each once.

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "sampler/make_sampler.h"
#include "tests/sampler/study_driver.h"

namespace parzen {
namespace {

Parameter Real(std::string name) {
  return {std::move(name), FloatDistribution{.low = 0, .high = 1, .log = false, .step = {}}, {}};
}
Parameter Whole(std::string name, int64_t high) { return {std::move(name), IntDistribution{.low = 1, .high = high}, {}}; }

SearchSpace Space(std::vector<Parameter> parameters) { return SearchSpace::Create(std::move(parameters)).value(); }

std::shared_ptr<const WarmStart> Begin(std::vector<std::vector<NamedValue>> first) {
  auto warm_start = std::make_shared<WarmStart>();
  EarlierStudy study;
  study.name = "earlier";
  study.revision = 42;
  study.trials = 7;
  warm_start->studies.push_back(study);
  warm_start->first = std::move(first);
  return warm_start;
}

SamplerConfig Config(SamplerKind kind) { return {.kind = kind, .seed = 1}; }

class WarmStartTest : public testing::TestWithParam<SamplerKind> {};

// Asks for a trial, tells it the loss, and answers its point.
Point AskAndTell(StudyDriver* study, double loss) {
  const int64_t number = study->history().size();
  Point point = study->Ask();
  study->Tell(number, {.values = {loss}, .constraints = {}});
  return point;
}

TEST_P(WarmStartTest, BeginsWithTheFirstPointsAndGoesOnByItself) {
  const auto first = Begin({{{"x", 0.25}, {"n", 3}}, {{"x", 0.75}}});
  StudyDriver study(Space({Real("x"), Whole("n", 9)}), Config(GetParam()), {Direction::kMinimize}, first);
  EXPECT_EQ(AskAndTell(&study, 1), (Point{0.25, 3}));
  EXPECT_EQ(study.Ask(), (Point{0.75, 5})) << "what no earlier study had is in the middle";
  study.Tell(1, {.state = RowState::kFailed, .values = {}, .constraints = {}});
  for (int i = 2; i < 10; ++i) {
    const Point point = study.Ask();
    EXPECT_NE(point, (Point{0.25, 3})) << i;
    EXPECT_NE(point, (Point{0.75, 5})) << i;
    study.Tell(i, {.values = {point[0]}, .constraints = {}});
  }
}

TEST_P(WarmStartTest, AllFirstPointsComeWhileNothingIsKnown) {
  StudyDriver study(Space({Real("x")}), Config(GetParam()), {Direction::kMinimize},
                    Begin({{{"x", 0.1}}, {{"x", 0.2}}, {{"x", 0.3}}}));
  for (const double x : {0.1, 0.2, 0.3}) EXPECT_EQ(study.Ask(), Point{x});
}

TEST_P(WarmStartTest, AGivenPointIsNoneOfThem) {
  StudyDriver study(Space({Real("x"), Whole("n", 9)}), Config(GetParam()), {Direction::kMinimize},
                    Begin({{{"x", 0.25}, {"n", 3}}}));
  EXPECT_EQ(study.Ask({{"x", 0.5}, {"n", 1}}), (Point{0.5, 1}));
  EXPECT_EQ(study.Ask({{"x", 0.25}, {"n", 3}}), (Point{0.25, 3}));
  EXPECT_NE(study.Ask(), (Point{0.25, 3})) << "a trial has it already";
}

TEST_P(WarmStartTest, ATakenPointOfAFiniteSpaceIsPassedOver) {
  StudyDriver study(Space({Whole("a", 3), Whole("b", 3)}), Config(GetParam()), {Direction::kMinimize},
                    Begin({{{"a", 2}, {"b", 2}}, {{"a", 2}, {"b", 2}}, {{"a", 3}}}));
  EXPECT_EQ(study.Ask(), (Point{2, 2}));
  EXPECT_EQ(study.Ask(), (Point{3, 2}));
}

TEST_P(WarmStartTest, ConditionsHold) {
  Parameter child = Real("child");
  child.condition = Condition{"kind", {std::string("b")}};
  const SearchSpace space = Space({{"kind", CategoricalDistribution{{std::string("a"), std::string("b")}}, {}}, child});
  StudyDriver study(space, Config(GetParam()), {Direction::kMinimize},
                    Begin({{{"kind", 0}, {"child", 0.3}}, {{"kind", 1}, {"child", 0.3}}}));
  const Point without = study.Ask();
  const Point with = study.Ask();
  EXPECT_EQ(without[0], 0);
  EXPECT_TRUE(std::isnan(without[1]));
  EXPECT_EQ(with, (Point{1, 0.3}));
}

TEST_P(WarmStartTest, IsExplained) {
  const SearchSpace space = Space({Real("x"), Real("y")});
  const auto sampler = MakeSampler(Config(GetParam()), {Direction::kMinimize}, Begin({{{"x", 0.25}}})).value();
  AskRequest request;
  request.space = &space;
  const Explanation explanation = sampler->Explain(History({Direction::kMinimize}), request).value();
  ASSERT_EQ(explanation.groups.size(), 1U);
  EXPECT_EQ(explanation.groups[0].method, "warm-start");
  EXPECT_EQ(explanation.groups[0].parameters, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(explanation.groups[0].model, (std::vector<NamedValue>{{"revision.earlier", 42}, {"trials.earlier", 7}}));
}

INSTANTIATE_TEST_SUITE_P(Samplers, WarmStartTest,
                         testing::Values(SamplerKind::kAuto, SamplerKind::kRandom, SamplerKind::kQmc, SamplerKind::kTpe,
                                         SamplerKind::kGpEi),
                         [](const auto& which) {
                           std::string name(DescriptorOf(which.param).name);
                           std::erase(name, '-');
                           return name;
                         });

TEST(WarmStart, AnUnknownVersionIsRefused) {
  auto warm_start = std::make_shared<WarmStart>();
  warm_start->version = WarmStart::kNewestVersion + 1;
  EXPECT_TRUE(absl::IsUnimplemented(MakeSampler(Config(SamplerKind::kAuto), {Direction::kMinimize}, warm_start).status()));
}

}  // namespace
}  // namespace parzen
