#include "sampler/make_sampler.h"

#include <cmath>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sampler/sobol.h"
#include "sampler/space/uniform_quantile.h"

namespace parzen {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Sampler> Make(SamplerKind kind, uint64_t seed = 1) {
  SamplerConfig config;
  config.kind = kind;
  config.seed = seed;
  return *MakeSampler(config, {Direction::kMinimize});
}

SearchSpace Mixed() {
  return *SearchSpace::Create({
      {"x", FloatDistribution{-1, 3}, {}},
      {"lr", FloatDistribution{1e-5, 1e-1, true}, {}},
      {"grid", FloatDistribution{0, 1, false, 0.1}, {}},
      {"n", IntDistribution{-3, 9, false, 3}, {}},
      {"units", IntDistribution{1, 512, true}, {}},
      {"c", CategoricalDistribution{{std::string("a"), std::string("b"), std::string("c")}}, {}},
      {"only_b", FloatDistribution{0, 1}, Condition{"c", {std::string("b")}}},
      {"one", IntDistribution{4, 4}, {}},
  });
}

void ExpectPointOf(const SearchSpace& space, const Point& point) {
  for (size_t i = 0; i < space.size(); ++i) {
    ASSERT_EQ(space.IsActive(i, point), !std::isnan(point[i])) << space[i].name;
    if (std::isnan(point[i])) continue;
    EXPECT_TRUE(Contains(space[i].distribution, point[i])) << space[i].name << " " << point[i];
    if (CountValues(space[i].distribution)) {
      const double value = ValueAt(space[i].distribution, IndexOfValue(space[i].distribution, point[i]));
      EXPECT_EQ(point[i], OnDecimalGrid(space[i].distribution, value));
    }
  }
}

const char* KindName(SamplerKind kind) {
  constexpr const char* kNames[] = {"Auto", "Random", "Qmc", "Tpe", "GpEi"};
  return kNames[static_cast<size_t>(kind)];
}

class EveryKindTest : public testing::TestWithParam<SamplerKind> {};

TEST_P(EveryKindTest, PointsLieInTheSpaceAndRepeatForTheSameSeed) {
  const SearchSpace space = Mixed();
  const History history({Direction::kMinimize});
  auto sampler = Make(GetParam()), again = Make(GetParam()), other = Make(GetParam(), 2);
  bool differs = false;
  for (int64_t number : {5, 3, 0, 1, 700}) {
    const AskRequest request{.number = number, .space = &space};
    const Suggestion suggestion = *sampler->Suggest(history, request);
    ExpectPointOf(space, suggestion.point);
    EXPECT_EQ(suggestion.draft.number, number);
    const Point repeated = again->Suggest(history, request)->point;
    for (size_t i = 0; i < space.size(); ++i) {
      EXPECT_TRUE(repeated[i] == suggestion.point[i] || (std::isnan(repeated[i]) && std::isnan(suggestion.point[i])));
    }
    differs |= other->Suggest(history, request)->point[0] != suggestion.point[0];
  }
  EXPECT_TRUE(differs);
}

TEST_P(EveryKindTest, FixedValuesAreUsedAndTheRestIsSampled) {
  const SearchSpace space = Mixed();
  const History history({Direction::kMinimize});
  auto sampler = Make(GetParam());
  const Suggestion suggestion =
      *sampler->Suggest(history, {.number = 0, .space = &space, .fixed = {{"c", 1}, {"lr", 0.01}, {"only_b", 0.25}}});
  EXPECT_EQ(suggestion.point[1], 0.01);
  EXPECT_EQ(suggestion.point[5], 1);
  EXPECT_EQ(suggestion.point[6], 0.25);
  ExpectPointOf(space, suggestion.point);
  // A fixed value of a parameter that turns out inactive does nothing.
  EXPECT_TRUE(
      std::isnan(sampler->Suggest(history, {.number = 0, .space = &space, .fixed = {{"c", 0}, {"only_b", 0.25}}})->point[6]));
}

TEST_P(EveryKindTest, AFixedChildBringsTheParentsThatItNeeds) {
  const SearchSpace space = *SearchSpace::Create({
      {"p", IntDistribution{1, 4}, {}},
      {"m", CategoricalDistribution{{std::string("a"), std::string("b"), std::string("c")}},
       Condition{"p", {int64_t{1}, int64_t{3}}}},
      {"g", FloatDistribution{0, 1}, Condition{"m", {std::string("a"), std::string("c")}}},
      {"x", FloatDistribution{0, 1}, {}},
  });
  History history({Direction::kMinimize});
  auto sampler = Make(GetParam());
  std::set<std::pair<double, double>> parents;
  for (int64_t number = 0; number < 20; ++number) {
    const Point point = sampler->Suggest(history, {.number = number, .space = &space, .fixed = {{"g", 0.25}}})->point;
    EXPECT_EQ(point[2], 0.25);
    parents.emplace(point[0], point[1]);
    history.Append(RowState::kRunning);
    for (size_t i = 0; i < space.size(); ++i) history.SetParam(number, space[i].name, space[i].distribution, point[i]);
    history.Finish(number, {.values = {point[3]}});
  }
  EXPECT_GT(parents.size(), 2u);  // of four that make g active
}

TEST_P(EveryKindTest, ValuesOfAGridAreDecimals) {
  const SearchSpace space =
      *SearchSpace::Create({{"x", FloatDistribution{0, 10, false, 0.1}, {}}, {"y", FloatDistribution{0, 1}, {}}});
  History history({Direction::kMinimize});
  auto sampler = Make(GetParam());
  for (int64_t number = 0; number < 40; ++number) {
    const Point point = sampler->Suggest(history, {.number = number, .space = &space})->point;
    EXPECT_EQ(point[0], std::round(point[0] * 10) / 10);
    history.Append(RowState::kRunning);
    for (size_t i = 0; i < space.size(); ++i) history.SetParam(number, space[i].name, space[i].distribution, point[i]);
    history.Finish(number, {.values = {std::abs(point[0] - 6.6) + point[1]}});
  }
}

TEST_P(EveryKindTest, AFiniteSpaceIsHandedOutWithoutRepeat) {
  const SearchSpace space = *SearchSpace::Create({
      {"n", IntDistribution{1, 6}, {}},
      {"c", CategoricalDistribution{{int64_t{0}, int64_t{1}, int64_t{2}}}, {}},
      {"m", IntDistribution{1, 4}, Condition{"c", {int64_t{2}}}},
  });
  ASSERT_EQ(space.FiniteSize(), std::optional<uint64_t>(36));
  const History history({Direction::kMinimize});
  auto sampler = Make(GetParam());
  TakenPoints taken;
  for (int64_t number = 0; number < 36; ++number) {
    const Suggestion suggestion = *sampler->Suggest(history, {.number = number, .space = &space, .taken = &taken});
    EXPECT_TRUE(taken.insert(space.IndexOf(suggestion.point)).second);
  }
  const absl::Status exhausted = sampler->Suggest(history, {.number = 36, .space = &space, .taken = &taken}).status();
  EXPECT_EQ(exhausted.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(exhausted.message()), HasSubstr("SPACE_EXHAUSTED"));
  // Something fixed: a repeat is allowed then.
  const absl::StatusOr<Suggestion> repeat =
      sampler->Suggest(history, {.number = 36, .space = &space, .fixed = {{"n", 3}}, .taken = &taken});
  ASSERT_TRUE(repeat.ok());
  EXPECT_EQ(repeat->point[0], 3);
  // With one point free, a trial whose fixed values allow it gets it.
  const Point free = {3, 2, 4};
  taken.erase(space.IndexOf(free));
  EXPECT_EQ(sampler->Suggest(history, {.number = 37, .space = &space, .fixed = {{"n", 3}}, .taken = &taken})->point, free);
}

TEST_P(EveryKindTest, ExplainsEachActiveParameter) {
  const SearchSpace space = Mixed();
  const History history({Direction::kMinimize});
  const Explanation explanation = *Make(GetParam())->Explain(history, {.number = 0, .space = &space, .fixed = {{"c", 1}}});
  std::set<std::string> named;
  for (const ExplainedGroup& group : explanation.groups) {
    for (const std::string& name : group.parameters) {
      EXPECT_TRUE(named.insert(name).second);
      EXPECT_EQ(group.method == "fixed", name == "c");
      EXPECT_EQ(group.method == "single", name == "one");
    }
  }
  EXPECT_EQ(named.size(), space.size());
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKindTest,
                         testing::Values(SamplerKind::kAuto, SamplerKind::kRandom, SamplerKind::kQmc, SamplerKind::kTpe,
                                         SamplerKind::kGpEi),
                         [](const auto& kind) { return std::string(KindName(kind.param)); });

TEST(RandomSamplerTest, EachValueOfAGridHasItsShare) {
  const Distribution grid = FloatDistribution{0, 1, false, 0.25};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(UniformQuantile(grid, (i + 0.5) / 5), 0.25 * i);
  const Distribution log = IntDistribution{1, 100, true};
  EXPECT_EQ(UniformQuantile(log, 0), 1);
  EXPECT_EQ(UniformQuantile(log, 0.9999999), 100);
  const double third_edge = (std::log(2.5) - std::log(0.5)) / (std::log(100.5) - std::log(0.5));
  EXPECT_EQ(UniformQuantile(log, third_edge - 1e-9), 2);
  EXPECT_EQ(UniformQuantile(log, third_edge + 1e-9), 3);
}

TEST(SobolTest, EveryDimensionIsStratified) {
  ScrambledSobol points(42);
  constexpr uint64_t kCount = 256;
  for (size_t dimension : {0, 1, 2, 3, 10, 99, 500, 999}) {
    for (uint64_t begin : {uint64_t{0}, kCount, 5 * kCount}) {
      std::set<int> cells;
      for (uint64_t i = 0; i < kCount; ++i) cells.insert(static_cast<int>(points.Coordinate(begin + i, dimension) * kCount));
      EXPECT_EQ(cells.size(), kCount) << dimension;
    }
  }
}

TEST(SobolTest, TheFirstTwoDimensionsAreANet) {
  ScrambledSobol points(7);
  // A (0, 8, 2)-net: each of the 2^a by 2^(8-a) boxes holds one of 256 points.
  for (int a = 0; a <= 8; ++a) {
    std::set<std::pair<int, int>> boxes;
    for (uint64_t i = 0; i < 256; ++i) {
      boxes.emplace(static_cast<int>(points.Coordinate(i, 0) * (1 << a)),
                    static_cast<int>(points.Coordinate(i, 1) * (1 << (8 - a))));
    }
    EXPECT_EQ(boxes.size(), 256u) << a;
  }
}

}  // namespace
}  // namespace parzen
