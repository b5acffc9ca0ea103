#include "clients/cli/json.h"

#include <cmath>
#include <limits>

#include "clients/cli/json_lines.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen::cli {
namespace {

using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(JsonText, NonFiniteDoublesAreStrings) {
  EXPECT_EQ(Dump(ToJson(std::nan(""))), "\"NaN\"");
  EXPECT_EQ(Dump(ToJson(kInfinity)), "\"Infinity\"");
  EXPECT_EQ(Dump(ToJson(-kInfinity)), "\"-Infinity\"");
  EXPECT_TRUE(std::isnan(*DoubleFromJson("NaN", "x")));
  EXPECT_EQ(*DoubleFromJson("-Infinity", "x"), -kInfinity);
  EXPECT_FALSE(DoubleFromJson("inf", "x").ok());
}

TEST(JsonText, TypesOfValuesStay) {
  EXPECT_EQ(Dump(ToJson(Value(1.0))), "1.0");
  EXPECT_EQ(Dump(ToJson(Value(int64_t{1}))), "1");
  EXPECT_EQ(Dump(ToJson(Value(-0.0))), "-0.0");
  EXPECT_EQ(Dump(ToJson(Value(std::monostate()))), "null");
  EXPECT_EQ(*ValueFromJson(Json::parse("1.0"), "x"), Value(1.0));
  EXPECT_EQ(*ValueFromJson(Json::parse("1"), "x"), Value(int64_t{1}));
  EXPECT_FALSE(ValueFromJson(Json::parse("9223372036854775808"), "x").ok());
}

TEST(JsonText, BadUtf8IsWrittenAllTheSame) { EXPECT_EQ(Dump(Json("a\xff")), "\"a\xef\xbf\xbd\""); }

FrozenTrial Sample() {
  FrozenTrial trial;
  trial.handle.number = 7;
  trial.params = {{"lr", 0.1, Float{0, 1}}, {"n", int64_t{3}, Int{1, 8}}, {"c", 1.0, Categorical{{int64_t{1}, 1.0, kInfinity}}}};
  trial.values = {1.0 / 3, -kInfinity};
  trial.intermediate_values = {{0, std::nan("")}, {5, 0.25}};
  trial.constraints = {{"memory", -1}};
  trial.metrics = {{"accuracy", 0.75}};
  trial.user_attrs = {{"note", "{\"b\":1,\"a\":2}"}};
  trial.worker = "w";
  trial.started = Time(std::chrono::microseconds(1'700'000'000'123'456));
  trial.finished = *trial.started + std::chrono::seconds(3);
  return trial;
}

TEST(JsonText, ATrialComesBackBitForBit) {
  StudyInfo study;  // define-by-run: distributions travel along
  const FrozenTrial trial = Sample();
  const std::string line = TrialToJsonLine(study, trial);
  const absl::StatusOr<FrozenTrial> read = TrialFromJson(Json::parse(line), study.config.space);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->params.size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(read->params[i].name, trial.params[i].name);
    EXPECT_EQ(read->params[i].value, trial.params[i].value);
    EXPECT_EQ(read->params[i].distribution, trial.params[i].distribution);
  }
  EXPECT_EQ(read->values, trial.values);
  ASSERT_EQ(read->intermediate_values.size(), 2U);
  EXPECT_TRUE(std::isnan(read->intermediate_values[0].value));
  EXPECT_EQ(read->constraints, trial.constraints);
  EXPECT_EQ(read->metrics, trial.metrics);
  EXPECT_EQ(read->user_attrs, trial.user_attrs);
  EXPECT_EQ(read->started, trial.started);
  EXPECT_EQ(read->finished, trial.finished);
}

TEST(JsonText, DeclaredTypesWin) {
  const SearchSpace space = {{"x", Float{0, 2}}, {"c", Categorical{{kInfinity, "Infinity2"}}}};
  const absl::StatusOr<FrozenTrial> read =
      TrialFromJson(Json::parse(R"({"params": {"x": 1, "c": "Infinity"}, "values": [2]})"), space);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->params[0].value, Value(1.0));
  EXPECT_EQ(read->params[1].value, Value(kInfinity));
}

TEST(JsonText, ErrorsSayWhere) {
  const SearchSpace space = {{"x", Float{0, 2}}};
  const auto refused = [&space](const char* text) {
    return std::string(TrialFromJson(Json::parse(text), space).status().message());
  };
  EXPECT_THAT(refused(R"({"values": [1]})"), HasSubstr("params is missing"));
  EXPECT_THAT(refused(R"({"params": {"y": 1}})"), HasSubstr("params.y is not a parameter"));
  EXPECT_THAT(refused(R"({"params": {"x": "a"}})"), HasSubstr("params.x is \"a\""));
  EXPECT_THAT(refused(R"({"params": {}, "state": "done"})"), HasSubstr("complete, pruned or failed"));
  EXPECT_THAT(refused(R"({"params": {}, "values": ["x"]})"), HasSubstr("values is \"x\""));
  EXPECT_THAT(refused(R"({"params": {}, "started": "yesterday"})"), HasSubstr("started is"));
  EXPECT_THAT(refused("[]"), HasSubstr("an object"));
  EXPECT_THAT(std::string(TrialFromJson(Json::parse(R"({"params": {"y": 1}})"), {}).status().message()),
              HasSubstr("has no distribution"));
}

}  // namespace
}  // namespace parzen::cli
