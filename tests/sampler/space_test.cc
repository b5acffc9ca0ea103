#include "sampler/space/space.h"

#include <cmath>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Parameter Float(std::string name, double low, double high, std::optional<double> step = std::nullopt, bool log = false) {
  return {std::move(name), FloatDistribution{low, high, log, step}, std::nullopt};
}
Parameter Int(std::string name, int64_t low, int64_t high, int64_t step = 1, bool log = false) {
  return {std::move(name), IntDistribution{low, high, log, step}, std::nullopt};
}
Parameter Categorical(std::string name, std::vector<Choice> choices) {
  return {std::move(name), CategoricalDistribution{std::move(choices)}, std::nullopt};
}
Parameter When(Parameter parameter, std::string parent, std::vector<Choice> values) {
  parameter.condition = Condition{std::move(parent), std::move(values)};
  return parameter;
}
Choice Str(const char* text) { return std::string(text); }

std::string Error(std::vector<Parameter> parameters) {
  absl::StatusOr<SearchSpace> space = SearchSpace::Create(std::move(parameters));
  if (space.ok()) return "ok";
  EXPECT_EQ(space.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(space.status().message());
}

TEST(SpaceTest, DivisibilityIsDecidedInDecimal) {
  EXPECT_EQ(NearestValidHigh(0, 1, 0.1), 1.0);
  EXPECT_EQ(NearestValidHigh(0, 0.3, 0.1), 0.3);
  EXPECT_EQ(NearestValidHigh(0.1, 0.7, 0.2), 0.7);
  EXPECT_EQ(NearestValidHigh(-1, 1, 0.3), 0.8);
  EXPECT_EQ(NearestValidHigh(-0.5, 0.05, 0.1), 0.0);
  EXPECT_EQ(NearestValidHigh(-1, -0.15, 0.1), -0.2);
  EXPECT_EQ(NearestValidHigh(0, 1, 0.3), 0.9);
  EXPECT_EQ(NearestValidHigh(1e-300, 1e-299, 1e-300), 1e-299);
  EXPECT_EQ(NearestValidHigh(0, 1e300, 1e290), 1e300);
  EXPECT_EQ(NearestValidHigh(5, 5, 2), 5);
  EXPECT_EQ(NearestValidHigh(0, 1e15, 0.1), 1e15);
  EXPECT_EQ(NearestValidHigh(-3e15, 3e15, 0.7), 2999999999999999.5);
}

TEST(SpaceTest, RefusesBadDistributions) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_THAT(Error({Float("x", 2, 1)}), AllOf(HasSubstr("\"x\""), HasSubstr("high is 1"), HasSubstr("2")));
  EXPECT_THAT(Error({Float("x", 0, inf)}), HasSubstr("high is inf"));
  EXPECT_THAT(Error({Float("x", std::nan(""), 1)}), HasSubstr("low is nan"));
  EXPECT_THAT(Error({Float("x", -1.7e308, 1.7e308)}), HasSubstr("width"));
  EXPECT_THAT(Error({Float("x", 0, 1, std::nullopt, true)}), HasSubstr("above 0 with log"));
  EXPECT_THAT(Error({Float("x", 1, 2, 0.5, true)}), HasSubstr("no step beside log"));
  EXPECT_THAT(Error({Float("x", 0, 1, 0.3)}), HasSubstr("the nearest is 0.9"));
  EXPECT_THAT(Error({Float("x", 0, 1, 0)}), HasSubstr("step is 0"));
  EXPECT_THAT(Error({Float("x", 0, 1e300, 1e-300)}), HasSubstr("2^53 steps"));
  EXPECT_EQ(Error({Float("x", 0, 1, 0.1)}), "ok");
  EXPECT_EQ(Error({Float("x", 3, 3)}), "ok");
  EXPECT_THAT(Error({Int("n", 0, 10, 3)}), HasSubstr("the nearest is 9"));
  EXPECT_THAT(Error({Int("n", 0, 10, 1, true)}), HasSubstr("at least 1 with log"));
  EXPECT_THAT(Error({Int("n", 1, 10, 2, true)}), HasSubstr("step is 2"));
  EXPECT_THAT(Error({Int("n", 0, kMaxInt + 1)}), HasSubstr("2^53"));
  EXPECT_THAT(Error({Int("n", 0, 1, 0)}), HasSubstr("at least 1"));
  EXPECT_THAT(Error({Categorical("c", {})}), HasSubstr("empty"));
  EXPECT_THAT(Error({Categorical("c", {Str("a"), Str("b"), Str("a")})}), HasSubstr("\"a\" twice"));
  EXPECT_THAT(Error({Categorical("c", {std::nan("")})}), HasSubstr("NaN"));
  EXPECT_EQ(Error({Categorical("c", {int64_t{1}, 1.0, true, Str("1"), std::monostate()})}), "ok");
}

TEST(SpaceTest, RefusesBadNamesAndConditions) {
  EXPECT_THAT(Error({Float("", 0, 1)}), HasSubstr("name has 0 bytes"));
  EXPECT_THAT(Error({Float(std::string(300, 'x'), 0, 1)}), HasSubstr("name has 300 bytes"));
  EXPECT_THAT(Error({Float("x", 0, 1), Int("x", 0, 1)}), HasSubstr("declared twice"));
  EXPECT_THAT(Error({When(Float("x", 0, 1), "c", {Str("a")})}), HasSubstr("declared before"));
  EXPECT_THAT(Error({When(Float("x", 0, 1), "x", {Str("a")})}), HasSubstr("declared before"));
  EXPECT_THAT(Error({When(Float("x", 0, 1), "c", {Str("a")}), Categorical("c", {Str("a")})}), HasSubstr("declared before"));
  EXPECT_THAT(Error({Float("p", 0, 1), When(Float("x", 0, 1), "p", {0.5})}), HasSubstr("accepted: a categorical or int"));
  EXPECT_THAT(Error({Categorical("c", {Str("a")}), When(Float("x", 0, 1), "c", {})}), HasSubstr("condition.values is empty"));
  EXPECT_THAT(Error({Categorical("c", {Str("a")}), When(Float("x", 0, 1), "c", {Str("b")})}), HasSubstr("\"b\""));
  EXPECT_THAT(Error({Int("n", 0, 3), When(Float("x", 0, 1), "n", {int64_t{7}})}), HasSubstr("7"));
}

TEST(SpaceTest, ConvertsBetweenTheTwoForms) {
  const Distribution real = FloatDistribution{0, 1, false, 0.1}, whole = IntDistribution{0, 10, false, 2};
  const Distribution choice = CategoricalDistribution{{int64_t{1}, 1.0, true, Str("x")}};
  EXPECT_EQ(*ToInternal("x", real, 0.1 + 0.2), 0.1 + 0.2);
  EXPECT_EQ(*ToInternal("x", real, int64_t{1}), 1.0);
  EXPECT_FALSE(ToInternal("x", real, 0.25).ok());
  EXPECT_FALSE(ToInternal("x", real, true).ok());
  EXPECT_FALSE(ToInternal("x", real, std::nan("")).ok());
  EXPECT_EQ(*ToInternal("n", whole, 4.0), 4);
  EXPECT_FALSE(ToInternal("n", whole, int64_t{3}).ok());
  EXPECT_FALSE(ToInternal("n", whole, 2.5).ok());
  EXPECT_EQ(*ToInternal("c", choice, 1.0), 1);
  EXPECT_EQ(*ToInternal("c", choice, true), 2);
  EXPECT_FALSE(ToInternal("c", choice, false).ok());
  EXPECT_EQ(ToExternal(choice, 0), Choice(int64_t{1}));
  EXPECT_EQ(ToExternal(whole, 4), Choice(int64_t{4}));
  EXPECT_EQ(ToString(Choice(1.0)), "1.0");
  EXPECT_EQ(ToString(Choice(0.1)), "0.1");
  EXPECT_EQ(ToString(Str("rbf")), "\"rbf\"");
}

TEST(SpaceTest, CompatibleDistributions) {
  const Distribution ab = CategoricalDistribution{{Str("a"), Str("b")}},
                     abc = CategoricalDistribution{{Str("a"), Str("b"), Str("c")}};
  EXPECT_TRUE(IsCompatible(ab, abc));
  EXPECT_FALSE(IsCompatible(abc, ab));
  EXPECT_FALSE(IsCompatible(ab, FloatDistribution{}));
  EXPECT_TRUE(IsCompatible(FloatDistribution{0, 1}, FloatDistribution{-1, 7}));
}

SearchSpace Tree() {
  return *SearchSpace::Create({
      Categorical("kernel", {Str("linear"), Str("rbf"), Str("poly")}),
      When(Int("degree", 2, 5), "kernel", {Str("poly")}),
      When(Categorical("gamma", {Str("auto"), Str("value")}), "kernel", {Str("rbf"), Str("poly")}),
      When(Float("value", 0, 0.2, 0.1), "gamma", {Str("value")}),
      Int("seed", 0, 1),
      When(Int("deeper", 1, 2), "degree", {int64_t{3}, int64_t{4}}),
  });
}

TEST(SpaceTest, ConditionsOfAnyDepth) {
  const SearchSpace space = Tree();
  Point point(space.size(), kAbsent);
  point[0] = 0;
  EXPECT_FALSE(space.IsActive(1, point));
  EXPECT_FALSE(space.IsActive(2, point));
  EXPECT_FALSE(space.IsActive(3, point));
  EXPECT_TRUE(space.IsActive(4, point));
  point[0] = 2;
  point[1] = 4;
  point[2] = 1;
  EXPECT_TRUE(space.IsActive(1, point));
  EXPECT_TRUE(space.IsActive(3, point));
  EXPECT_TRUE(space.IsActive(5, point));
  EXPECT_EQ(space.ParentOf(3), std::optional<size_t>(2));
}

TEST(SpaceTest, NumbersThePointsOfATree) {
  const SearchSpace space = Tree();
  // linear 1; rbf 1 + 3; poly (1 + 2 + 2 + 1) * (1 + 3); all twice for the seed.
  ASSERT_EQ(space.FiniteSize(), std::optional<uint64_t>((1 + 4 + 6 * 4) * 2));
  std::set<std::vector<double>> points;
  for (uint64_t i = 0; i < *space.FiniteSize(); ++i) {
    Point point = space.PointAt(i);
    EXPECT_EQ(space.IndexOf(point), i);
    for (size_t p = 0; p < space.size(); ++p) {
      EXPECT_EQ(space.IsActive(p, point), !std::isnan(point[p]));
      if (std::isnan(point[p]))
        point[p] = -1;
      else
        EXPECT_TRUE(Contains(space[p].distribution, point[p]));
    }
    points.insert(point);
  }
  EXPECT_EQ(points.size(), *space.FiniteSize());
}

TEST(SpaceTest, WhatIsFinite) {
  EXPECT_EQ(SearchSpace::Create({Float("x", 0, 1)})->FiniteSize(), std::nullopt);
  EXPECT_EQ(SearchSpace::Create({Float("x", 2, 2)})->FiniteSize(), std::optional<uint64_t>(1));
  EXPECT_EQ(SearchSpace::Create({Float("x", 0, 1, 0.1)})->FiniteSize(), std::optional<uint64_t>(11));
  EXPECT_EQ(SearchSpace::Create({Int("n", 1, 1000), Int("m", 1, 1000)})->FiniteSize(), std::optional<uint64_t>(1'000'000));
  EXPECT_EQ(SearchSpace::Create({Int("n", 1, 1000), Int("m", 1, 1001)})->FiniteSize(), std::nullopt);
  EXPECT_EQ(SearchSpace::Create({Int("n", -kMaxInt, kMaxInt)})->FiniteSize(), std::nullopt);
  EXPECT_EQ(SearchSpace().FiniteSize(), std::nullopt);
  std::vector<Parameter> many;
  for (int i = 0; i < 1000; ++i) many.push_back(Int("p" + std::to_string(i), 0, 999'999));
  EXPECT_EQ(SearchSpace::Create(many)->FiniteSize(), std::nullopt);
  many.push_back(Int("one more", 0, 1));
  EXPECT_FALSE(SearchSpace::Create(many).ok());
}

TEST(SpaceTest, Growth) {
  auto space = [](std::vector<Parameter> parameters) { return *SearchSpace::Create(std::move(parameters)); };
  const SearchSpace old = space({Float("x", 0, 1), Int("n", 0, 10, 2), Categorical("c", {Str("a")})});
  EXPECT_TRUE(old.CheckGrowth(old).ok());
  EXPECT_TRUE(
      old.CheckGrowth(space({Float("x", -1, 1), Int("n", -2, 12, 2), Categorical("c", {Str("a"), Str("b")}), Float("y", 0, 1)}))
          .ok());
  auto refused = [&](std::vector<Parameter> parameters) {
    const absl::Status status = old.CheckGrowth(space(std::move(parameters)));
    EXPECT_FALSE(status.ok());
    return std::string(status.message());
  };
  EXPECT_THAT(refused({Float("x", 0, 1), Int("n", 0, 10, 2)}), HasSubstr("missing"));
  EXPECT_THAT(refused({Float("x", 0, 0.5), Int("n", 0, 10, 2), Categorical("c", {Str("a")})}), HasSubstr("narrower"));
  EXPECT_THAT(refused({Float("x", 0, 1), Int("n", -1, 11, 2), Categorical("c", {Str("a")})}), HasSubstr("off the grid"));
  EXPECT_THAT(refused({Float("x", 0, 1), Int("n", 0, 10, 2), Categorical("c", {Str("b"), Str("a")})}),
              HasSubstr("choices changed"));
  EXPECT_THAT(refused({Int("x", 0, 1), Int("n", 0, 10, 2), Categorical("c", {Str("a")})}), HasSubstr("another kind"));
  EXPECT_THAT(refused({Float("x", 0, 1), Int("n", 0, 10, 2), When(Categorical("c", {Str("a")}), "n", {int64_t{2}})}),
              HasSubstr("condition changed"));
}

TEST(OnDecimalGridTest, ValuesAreTheDecimalsThatPeopleWrite) {
  const Distribution tenths = FloatDistribution{0, 10, false, 0.1};
  for (uint64_t i = 0; i <= 100; ++i) {
    const double value = OnDecimalGrid(tenths, ValueAt(tenths, i));
    EXPECT_EQ(value, std::stod(std::to_string(i / 10) + "." + std::to_string(i % 10)));
    EXPECT_EQ(IndexOfValue(tenths, value), i);
    EXPECT_EQ(ToInternal("x", tenths, value).value(), value);
    EXPECT_EQ(ToInternal("x", tenths, ValueAt(tenths, i)).value(), ValueAt(tenths, i));  // what was suggested before is accepted
  }
  EXPECT_EQ(OnDecimalGrid(tenths, 6.6000000000000005), 6.6);
  EXPECT_EQ(OnDecimalGrid(FloatDistribution{-0.3, 0.3, false, 0.1}, 5.5e-17), 0.0);
  EXPECT_EQ(OnDecimalGrid(FloatDistribution{-0.3, 0.3, false, 0.1}, -0.19999999999999998), -0.2);
  EXPECT_EQ(OnDecimalGrid(FloatDistribution{1e-7, 1e-6, false, 1e-7}, 3e-7), 3e-7);
  EXPECT_EQ(OnDecimalGrid(FloatDistribution{0, 1}, 0.30000000000000004), 0.30000000000000004);
  EXPECT_EQ(OnDecimalGrid(IntDistribution{1, 9, false, 2}, 5), 5);
}

class ParentsNeededTest : public testing::Test {
 protected:
  // p -> m (where p is 1 or 2) -> g (m = a), h (m = b), e (m = a or b)
  const SearchSpace space_ = *SearchSpace::Create({
      {"p", IntDistribution{1, 3}, {}},
      {"m", CategoricalDistribution{{std::string("a"), std::string("b"), std::string("c")}},
       Condition{"p", {int64_t{1}, int64_t{2}}}},
      {"g", FloatDistribution{0, 1}, Condition{"m", {std::string("a")}}},
      {"h", FloatDistribution{0, 1}, Condition{"m", {std::string("b")}}},
      {"e", FloatDistribution{0, 1}, Condition{"m", {std::string("a"), std::string("b")}}},
  });
  using Values = std::vector<std::vector<double>>;
  Values Needed(Point fixed) { return space_.ParentsNeeded(fixed).value(); }
  std::string Error(Point fixed) { return std::string(space_.ParentsNeeded(fixed).status().message()); }
};

TEST_F(ParentsNeededTest, AChildBringsItsParentsToAnyDepth) {
  EXPECT_EQ(Needed({kAbsent, kAbsent, 0.25, kAbsent, kAbsent}), (Values{{1, 2}, {0}, {}, {}, {}}));
  EXPECT_EQ(Needed({kAbsent, kAbsent, kAbsent, kAbsent, 0.25}), (Values{{1, 2}, {0, 1}, {}, {}, {}}));
  EXPECT_EQ(Needed({kAbsent, kAbsent, 0.25, kAbsent, 0.5}), (Values{{1, 2}, {0}, {}, {}, {}}));
}

TEST_F(ParentsNeededTest, WhatIsFixedStays) {
  EXPECT_EQ(Needed({2, kAbsent, 0.25, kAbsent, kAbsent}), (Values{{}, {0}, {}, {}, {}}));
  EXPECT_EQ(Needed({kAbsent, 0, 0.25, kAbsent, kAbsent}), (Values{{1, 2}, {}, {}, {}, {}}));
  EXPECT_EQ(Needed({3, kAbsent, kAbsent, kAbsent, kAbsent}), Values(5));
}

TEST_F(ParentsNeededTest, RefusesWhatDoesNotGoTogether) {
  EXPECT_EQ(Error({kAbsent, 1, 0.25, kAbsent, kAbsent}),
            "parameter \"g\" exists only where \"m\" is \"a\", which is given as \"b\"; accepted: values that go together");
  EXPECT_EQ(Error({3, kAbsent, 0.25, kAbsent, kAbsent}),
            "parameter \"g\" exists only where \"p\" is 1 or 2, which is given as 3; accepted: values that go together");
  EXPECT_THAT(Error({kAbsent, kAbsent, 0.25, 0.5, kAbsent}),
              ::testing::AllOf(::testing::HasSubstr("\"g\""), ::testing::HasSubstr("\"h\""), ::testing::HasSubstr("\"m\"")));
}

}  // namespace
}  // namespace parzen
