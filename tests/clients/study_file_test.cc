#include "clients/cli/study_file.h"

#include "clients/cli/space_notation.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen::cli {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<StudyConfig> Read(const std::string& text) {
  const absl::StatusOr<Json> json = ParseYaml(text);
  if (!json.ok()) return json.status();
  return StudyFromJson(*json);
}

std::string Refused(const std::string& text) {
  const absl::StatusOr<StudyConfig> config = Read(text);
  EXPECT_FALSE(config.ok()) << text;
  return std::string(config.status().message());
}

constexpr char kYaml[] = R"(
name: digits
directions: [minimize, maximize]
metric_names: [loss, speed]
sampler: {name: tpe, n_startup_trials: 20, multivariate: false, reproduce: optuna-5.0}
seed: 18446744073709551615
max_trials: 100
allow_repeats: true
user_attrs: {owner: me, tags: [1, two]}
space:
  lr: float(1e-5, 1e-1, log)
  depth: {type: int, low: 1, high: 8}
  kernel: {type: categorical, choices: [rbf, "1", 1, 1.0, true, null]}
  gamma: {type: float, low: 0, high: 1, step: 0.25, when: {kernel: [rbf, 1]}}
  eps: float(0, 1) if kernel in (rbf)
)";

TEST(StudyFile, ReadsYaml) {
  const absl::StatusOr<StudyConfig> config = Read(kYaml);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->name, "digits");
  EXPECT_EQ(config->directions, (std::vector<Direction>{Direction::kMinimize, Direction::kMaximize}));
  EXPECT_EQ(config->metric_names, (std::vector<std::string>{"loss", "speed"}));
  EXPECT_EQ(config->seed, 18446744073709551615U);
  EXPECT_EQ(config->max_trials, 100);
  EXPECT_EQ(config->allow_repeats, true);
  EXPECT_EQ(config->user_attrs, (Attributes{{"owner", "\"me\""}, {"tags", "[1,\"two\"]"}}));
  const Tpe& tpe = std::get<Tpe>(config->sampler);
  EXPECT_EQ(tpe.n_startup_trials, 20);
  EXPECT_EQ(tpe.multivariate, false);
  EXPECT_EQ(tpe.reproduce, Tpe::Reproduce::kOptuna50);
  const SearchSpace expected = {
      {"lr", Float{1e-5, 1e-1, true}},
      {"depth", Int{1, 8}},
      {"kernel", Categorical{{"rbf", "1", int64_t{1}, 1.0, true, std::monostate()}}},
      {"gamma", Float{0, 1, false, 0.25}, Condition{"kernel", {"rbf", int64_t{1}}}},
      {"eps", Float{0, 1}, Condition{"kernel", {"rbf"}}},
  };
  EXPECT_EQ(config->space, expected);
}

TEST(StudyFile, WhatShowWritesIsRead) {
  const absl::StatusOr<StudyConfig> config = Read(kYaml);
  ASSERT_TRUE(config.ok());
  StudyInfo info;
  info.config = *config;
  const absl::StatusOr<StudyConfig> again = Read(Dump(ToJson(info), 2));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->space, config->space);
  EXPECT_EQ(again->directions, config->directions);
  EXPECT_EQ(again->seed, config->seed);
  EXPECT_EQ(again->user_attrs, config->user_attrs);
  EXPECT_EQ(Dump(ToJson(again->sampler)), Dump(ToJson(config->sampler)));
}

TEST(StudyFile, WhatToLearnFrom) {
  EXPECT_EQ(Read("warm_start_from: [old, auto]")->warm_start_from, (std::vector<std::string>{"old", "auto"}));
  EXPECT_FALSE(Read("warm_start_from: [auto]")->warm_start_auto);
  EXPECT_TRUE(Read("warm_start_from: auto")->warm_start_auto);
  EXPECT_THAT(Refused("warm_start_from: old"), HasSubstr("auto, or a list"));
  EXPECT_THAT(Refused("warm_start_from: [1]"), HasSubstr("texts"));
}

TEST(StudyFile, EverySampler) {
  for (const char* name : {"auto", "random", "qmc", "tpe", "gp-ei"}) {
    const absl::StatusOr<Sampler> sampler = SamplerFromJson(name);
    ASSERT_TRUE(sampler.ok()) << name;
    EXPECT_EQ(ToJson(*sampler), name);
  }
}

TEST(StudyFile, ErrorsNameTheKeyAndWhatIsAccepted) {
  EXPECT_THAT(Refused("nmae: x"), HasSubstr("unknown key 'nmae'"));
  EXPECT_THAT(Refused("direction: down"), HasSubstr("direction is 'down'"));
  EXPECT_THAT(Refused("sampler: tpee"), HasSubstr("auto, random, qmc, tpe or gp-ei"));
  EXPECT_THAT(Refused("sampler: {name: tpe, n_startup: 3}"), HasSubstr("no option 'n_startup'"));
  EXPECT_THAT(Refused("sampler: {name: qmc, seed: 3}"), HasSubstr("qmc has no options"));
  EXPECT_THAT(Refused("max_trials: 0"), HasSubstr("max_trials is 0"));
  EXPECT_THAT(Refused("max_trials: 1.5"), HasSubstr("max_trials is 1.5"));
  EXPECT_THAT(Refused("max_retries: 3000000000"), HasSubstr("max_retries is 3000000000"));
  EXPECT_THAT(Refused("space: {x: {type: float, low: 0}}"), HasSubstr("space.x.high is missing"));
  EXPECT_THAT(Refused("space: {x: {type: float, low: 0, high: 1, setp: 1}}"), HasSubstr("unknown key 'setp'"));
  EXPECT_THAT(Refused("space: {x: {type: real}}"), HasSubstr("space.x.type is \"real\""));
  EXPECT_THAT(Refused("a: [1"), HasSubstr("line"));
  EXPECT_THAT(Refused("a: 1\na: 2"), HasSubstr("occurs twice"));
  EXPECT_THAT(Refused("- 1"), HasSubstr("keys and values"));
  EXPECT_THAT(Refused(std::string(200, '[') + std::string(200, ']')), HasSubstr("accepted"));
  EXPECT_THAT(Refused("a: " + std::string(100, '[') + "x" + std::string(100, ']')), HasSubstr("64 deep"));
}

}  // namespace
}  // namespace parzen::cli
