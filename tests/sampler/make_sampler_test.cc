#include "sampler/make_sampler.h"

#include <cmath>
#include <set>
#include <string>
#include <variant>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen {
namespace {

using ::testing::HasSubstr;

TEST(DescriptorTest, EachSamplerIsFoundByItsKindAndItsName) {
  std::set<std::string_view> names;
  int64_t at = 0;
  for (const SamplerDescriptor& descriptor : Samplers()) {
    EXPECT_EQ(static_cast<int64_t>(descriptor.kind), at++);
    EXPECT_EQ(&DescriptorOf(descriptor.kind), &descriptor);
    EXPECT_EQ(FindSampler(descriptor.name), &descriptor);
    EXPECT_TRUE(names.insert(descriptor.name).second);
    EXPECT_EQ(descriptor.options.empty(), descriptor.options_key.empty());
  }
  EXPECT_EQ(FindSampler("tpee"), nullptr);
}

TEST(DescriptorTest, EveryVersionOfEverySamplerCanBeMadeAndNoOther) {
  for (const SamplerDescriptor& descriptor : Samplers()) {
    SamplerConfig config;
    config.kind = descriptor.kind;
    for (int32_t version = -1; version <= descriptor.newest_version + 1; ++version) {
      config.algorithm_version = version;
      const auto sampler = MakeSampler(config, {Direction::kMinimize});
      EXPECT_EQ(sampler.ok(), version >= 0 && version <= descriptor.newest_version) << descriptor.name << " " << version;
    }
    EXPECT_GE(NewestAlgorithmVersion(descriptor.kind), 1);
  }
}

// A value that the option may have, and is not its default.
OptionValue SomeValue(const OptionDescriptor& option) {
  SamplerConfig config;
  for (const OptionValue& value : {OptionValue(true), OptionValue(int64_t{7}), OptionValue(0.25),
                                   OptionValue(std::string("optuna-5.0")), OptionValue(std::string("scalar"))}) {
    if (option.set(value, &config).ok()) return value;
  }
  ADD_FAILURE() << option.name << " takes no value";
  return false;
}

TEST(DescriptorTest, EachOptionIsUnsetAtFirstAndIsWhatItWasSetTo) {
  for (const SamplerDescriptor& descriptor : Samplers()) {
    for (const OptionDescriptor& option : descriptor.options) {
      SamplerConfig config;
      EXPECT_EQ(option.get(config), std::nullopt) << option.name;
      const OptionValue value = SomeValue(option);
      ASSERT_TRUE(option.set(value, &config).ok()) << option.name;
      EXPECT_FALSE(SameOptions(config, SamplerConfig())) << option.name;
      ASSERT_TRUE(option.get(config).has_value()) << option.name;
      if (std::holds_alternative<int64_t>(value) && std::holds_alternative<double>(*option.get(config))) {
        EXPECT_EQ(std::get<double>(*option.get(config)), 7);  // a whole number is taken for a double
      } else {
        EXPECT_EQ(*option.get(config), value) << option.name;
      }
    }
  }
}

TEST(DescriptorTest, RefusesAValueOfAnotherTypeAndSaysWhatIsAccepted) {
  const SamplerDescriptor& tpe = *FindSampler("tpe");
  SamplerConfig config;
  auto error = [&](std::string_view name, OptionValue value) {
    for (const OptionDescriptor& option : tpe.options) {
      if (option.name == name) return std::string(option.set(value, &config).message());
    }
    return std::string("no such option");
  };
  EXPECT_THAT(error("reproduce", std::string("optuna-6")), HasSubstr("none, optuna-2.9.1, optuna-5.0"));
  EXPECT_THAT(error("n_startup_trials", 1.5), HasSubstr("a whole number"));
  EXPECT_THAT(error("group", int64_t{1}), HasSubstr("true or false"));
  EXPECT_THAT(error("prior_weight", std::string("1")), HasSubstr("a number"));
  EXPECT_EQ(config, SamplerConfig());
}

TEST(MakeSamplerTest, RefusesBadOptions) {
  auto error = [](auto change) {
    SamplerConfig config;
    config.kind = SamplerKind::kTpe;
    change(&config);
    return std::string(MakeSampler(config, {Direction::kMinimize}).status().message());
  };
  EXPECT_THAT(error([](SamplerConfig* c) { c->tpe.n_startup_trials = -1; }), HasSubstr("n_startup_trials is -1"));
  EXPECT_THAT(error([](SamplerConfig* c) { c->tpe.n_ei_candidates = 0; }), HasSubstr("n_ei_candidates is 0"));
  EXPECT_THAT(error([](SamplerConfig* c) { c->tpe.n_ei_candidates = 10'001; }), HasSubstr("10,000"));
  EXPECT_THAT(error([](SamplerConfig* c) { c->tpe.prior_weight = -0.5; }), HasSubstr("prior_weight"));
  EXPECT_THAT(error([](SamplerConfig* c) { c->tpe.prior_weight = std::nan(""); }), HasSubstr("prior_weight"));
  EXPECT_THAT(error([](SamplerConfig* c) { c->tpe.group = true, c->tpe.multivariate = false; }), HasSubstr("group"));
  EXPECT_THAT(error([](SamplerConfig* c) { c->tpe.reproduce = Reproduce::kOptuna291, c->tpe.group = true; }), HasSubstr("group"));
  EXPECT_THAT(error([](SamplerConfig* c) { c->tpe.reproduce = Reproduce::kOptuna291, c->tpe.tie_order = TieOrder::kSimd; }),
              HasSubstr("tie_order"));
  EXPECT_THAT(error([](SamplerConfig* c) { c->algorithm_version = 99; }), HasSubstr("algorithm_version"));
}

}  // namespace
}  // namespace parzen
