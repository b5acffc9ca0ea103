#include "server/optuna/attributes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace parzen::optuna {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Attributes, ConstraintsComeAsAListOrOneByOne) {
  EXPECT_THAT(ConstraintsOf("constraints", "[0.5, -1, Infinity]"),
              ElementsAre(Pair("0", 0.5), Pair("1", -1), Pair("2", INFINITY)));
  EXPECT_THAT(ConstraintsOf("constraints:memory", "-2.5"), ElementsAre(Pair("memory", -2.5)));
  EXPECT_TRUE(std::isnan(ConstraintsOf("constraints:memory", "NaN").at(0).second));
  EXPECT_THAT(ConstraintsOf("constraints", "null"), IsEmpty());
  EXPECT_THAT(ConstraintsOf("constraints", "[1, \"a\"]"), IsEmpty());
  EXPECT_THAT(ConstraintsOf("constraint", "[1]"), IsEmpty());
}

TEST(Attributes, FixedParamsKeepTheirTypes) {
  EXPECT_THAT(FixedParamsOf("fixed_params", R"({"a": 1, "b": 1.0, "c": true, "d": null, "e": "x", "f": [1], "g": -Infinity})"),
              ElementsAre(Pair("a", Choice(int64_t{1})), Pair("b", Choice(1.0)), Pair("c", Choice(true)), Pair("d", Choice()),
                          Pair("e", Choice("x")), Pair("g", Choice(-INFINITY))));
  EXPECT_THAT(FixedParamsOf("other", R"({"a": 1})"), IsEmpty());
}

TEST(Attributes, WhatOnlyFieldsSayIsAdded) {
  engine::Trial trial;
  trial.constraints = {{"0", 1}, {"memory", -2.5}, {"told", 3}};
  trial.system_attrs = {{"constraints", "[1]"}, {"constraints:told", "3"}};
  EXPECT_THAT(SystemAttributesOf(trial),
              ElementsAre(Pair("constraints", "[1]"), Pair("constraints:told", "3"), Pair("constraints:memory", "-2.5")));
  engine::Trial enqueued;
  enqueued.fixed_params = {"x", "k"};
  enqueued.given = {{"x", 0.5}, {"k", Choice("a")}};
  EXPECT_THAT(SystemAttributesOf(enqueued), ElementsAre(Pair("fixed_params", R"({"x":0.5,"k":"a"})")));
}

TEST(Attributes, MetricNames) {
  EXPECT_EQ(MetricNamesOf("study:metric_names", R"(["loss", "time"])"), (std::vector<std::string>{"loss", "time"}));
  EXPECT_EQ(MetricNamesOf("study:metric_names", "[1]"), std::nullopt);
  EXPECT_EQ(MetricNamesOf("metric_names", "[]"), std::nullopt);
}

}  // namespace
}  // namespace parzen::optuna
