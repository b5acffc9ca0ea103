#include "clients/cli/json_lines.h"

#include <bit>
#include <cmath>
#include <limits>

#include "clients/cli/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen::cli {
namespace {

using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const Time kTime = Time(std::chrono::microseconds(1'700'000'000'123'456));

StudyInfo Everything() {
  StudyInfo study;
  study.config.name = "all \"of\" it\n";
  study.config.space = {
      {"lr", Float{1e-5, 0.1, true}},
      {"depth", Int{1, 9, false, 2}},
      {"kernel", Categorical{{std::monostate(), true, int64_t{1}, 1.0, "1", kInfinity, "Infinity"}}, {}, Value(1.0)},
      {"gamma", Float{0, 1, false, 0.25}, Condition{"kernel", {kInfinity, "1"}}}};
  study.config.directions = {Direction::kMaximize, Direction::kMinimize};
  study.config.metric_names = {"a", "b"};
  study.config.sampler = Tpe{.reproduce = Tpe::Reproduce::kOptuna50, .multivariate = false, .prior_weight = 0.1};
  study.config.seed = std::numeric_limits<uint64_t>::max();
  study.config.max_trials = 100;
  study.config.max_retries = 0;
  study.config.allow_repeats = true;
  study.config.user_attrs = {{"plain", "1"}, {"spaced", " {\"b\": 1,\n\"a\": 1e2}"}};
  study.config.system_attrs = {{"s", "null"}};
  study.state = StudyState::kPaused;
  return study;
}

FrozenTrial Finished() {
  FrozenTrial trial;
  trial.handle.attempt = 2;
  trial.params = {{"lr", 0.1}, {"depth", int64_t{3}, Int{1, 5, false, 2}}, {"kernel", kInfinity}, {"gamma", 0.25}};
  trial.values = {1.0 / 3, -0.0};
  trial.intermediate_values = {{0, std::nan(""), kTime}, {5, std::bit_cast<double>(uint64_t{0xfff8000000000001}), std::nullopt}};
  trial.constraints = {{"z", -1}, {"a", kInfinity}};
  trial.metrics = {{"m", 5e-324}};
  trial.user_attrs = {{"big", "12345678901234567890123"}, {"twice", "{\"a\":1,\"a\":2}"}};
  trial.system_attrs = {{"s", "[ ]"}};
  trial.worker = "w";
  trial.created = trial.started = trial.finished = kTime;
  trial.enqueued = true;
  trial.fixed_params = {"lr"};
  return trial;
}

TEST(JsonLines, WhatIsReadIsWrittenAgainByteForByte) {
  const StudyInfo study = Everything();
  FrozenTrial failed = Finished();
  failed.state = TrialState::kFailed;
  failed.values.clear();
  failed.failure = FailureKind::kInfeasible;
  failed.reason = "no\nmemory";
  failed.imported = true;
  FrozenTrial waiting;
  waiting.state = TrialState::kWaiting;
  waiting.params = {{"kernel", "Infinity"}};
  std::string text = StudyToJsonLine(study);
  for (const FrozenTrial& trial : {Finished(), failed, waiting}) text += TrialToJsonLine(study, trial);
  const absl::StatusOr<std::vector<StudyLines>> read = ParseJsonLines(text);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 1U);
  std::string again = StudyToJsonLine(*read->front().study);
  for (const FrozenTrial& trial : read->front().trials) again += TrialToJsonLine(*read->front().study, trial);
  EXPECT_EQ(again, text);
  EXPECT_EQ(read->front().study->config.space, study.config.space);
  EXPECT_EQ(read->front().study->config.user_attrs, study.config.user_attrs);
  const FrozenTrial& first = read->front().trials.front();
  EXPECT_EQ(first.user_attrs, Finished().user_attrs);
  EXPECT_EQ(std::bit_cast<uint64_t>(first.intermediate_values[1].value), 0xfff8000000000001);
  EXPECT_TRUE(std::signbit(first.values[1]));
  EXPECT_EQ(first.params[1].distribution, Distribution(Int{1, 5, false, 2}));
  EXPECT_EQ(read->front().trials[2].params[0].value, Value("Infinity"));
}

TEST(JsonLines, SeveralStudiesFollowEachOther) {
  StudyInfo declared = Everything(), by_run;
  by_run.config.name = "by run";
  FrozenTrial trial;
  trial.params = {{"x", 0.5, Float{0, 1}}};
  trial.values = {1};
  const auto read = ParseJsonLines(StudyToJsonLine(declared) + StudyToJsonLine(by_run) + TrialToJsonLine(by_run, trial));
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 2U);
  EXPECT_TRUE((*read)[0].trials.empty());
  EXPECT_EQ((*read)[1].study->config.name, "by run");
  EXPECT_EQ((*read)[1].trials.at(0).params.at(0).distribution, Distribution(Float{0, 1}));
}

TEST(JsonLines, ErrorsSayTheLine) {
  const SearchSpace space = {{"lr", Float{0, 1}}};
  const auto refused = [&](const std::string& text) { return std::string(ParseJsonLines(text, &space).status().message()); };
  EXPECT_THAT(refused("{\"params\":{},\"values\":[1]}\n\nnonsense\n"), HasSubstr("line 3: no JSON object"));
  EXPECT_THAT(refused("{\"study\":{\"colour\":1}}"), HasSubstr("line 1: the study has an unknown key 'colour'"));
  EXPECT_THAT(refused("{\"study\":{\"state\":\"gone\"}}"), HasSubstr("active, paused or finished"));
  EXPECT_THAT(refused("{\"params\":{},\"user_attrs\":{\"a\":" + std::string(1000, '[') + std::string(1000, ']') + "}}"),
              HasSubstr("nested more than 80 deep"));
  EXPECT_THAT(refused("{\"params\":{},\"values\":1}"), HasSubstr("values is 1"));
  EXPECT_THAT(refused("{\"params\":{},\"attempt\":-1}"), HasSubstr("attempt is -1"));
  EXPECT_EQ(ParseJsonLines("{\"params\":{\"lr\":0.5},\"values\":[1]}", &space)->at(0).trials.size(), 1U);
}

}  // namespace
}  // namespace parzen::cli
