// Between the wire and the domain: what goes in comes out, and what the domain does not have is refused with the field's path.

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "parzen/v1/parzen.pb.h"
#include "server/error/error.h"
#include "server/error/field.h"
#include "server/optimizer/request_id.h"
#include "server/optimizer/sampler_codec.h"
#include "server/optimizer/space_codec.h"
#include "server/optimizer/study_codec.h"
#include "server/optimizer/trial_codec.h"

namespace parzen::optimizer {
namespace {

using error::Field;
using ::testing::HasSubstr;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// The field that a refusal names.
template <typename T>
std::string BadFieldOf(const absl::StatusOr<T>& result) {
  if (result.ok()) return "accepted";
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument) << result.status();
  const auto detail = error::GetErrorDetail(result.status());
  if (!detail) return "no detail";
  EXPECT_EQ(detail->reason, "BAD_FIELD");
  for (const auto& [key, value] : detail->metadata) {
    if (key == "field") return value;
  }
  return "no field";
}

TEST(SpaceCodecTest, ValuesComeBack) {
  for (const char* text :
       {"null_value: NULL_VALUE", "bool_value: false", "int_value: 0", "int_value: -9223372036854775808", "double_value: -0.0",
        "double_value: 5e-324", "double_value: inf", "string_value: ''", "string_value: 'x'"}) {
    const auto value = Parse<v1::Value>(text);
    const auto choice = DecodeValue(value, Field("value"));
    ASSERT_TRUE(choice.ok()) << text;
    v1::Value back;
    EncodeValue(*choice, &back);
    EXPECT_EQ(back.SerializeAsString(), value.SerializeAsString()) << text;
  }
}

TEST(SpaceCodecTest, RefusesValuesThatAreNone) {
  EXPECT_EQ(BadFieldOf(DecodeValue(v1::Value(), Field("value"))), "value");
  EXPECT_EQ(BadFieldOf(DecodeValue(Parse<v1::Value>("double_value: nan"), Field("value"))), "value.double_value");
  v1::Value unknown;
  unknown.set_null_value(static_cast<google::protobuf::NullValue>(7));
  EXPECT_EQ(BadFieldOf(DecodeValue(unknown, Field("value"))), "value.null_value");
}

TEST(SpaceCodecTest, ARefusalNamesTheParameter) {
  const char* const nan = "name: 'lr' distribution { categorical { choices { int_value: 1 } choices { double_value: nan } } }";
  const auto parameter = DecodeParameter(Parse<v1::Parameter>(nan), Field("parameters").At(3));
  EXPECT_EQ(BadFieldOf(parameter), "parameters[3].distribution.categorical.choices[1].double_value");
  EXPECT_THAT(std::string(parameter.status().message()), ::testing::StartsWith("parameter \"lr\": "));
  const auto enqueued = Decode(Parse<v1::EnqueueRequest>("study: 'a' params { name: 'x' value { double_value: nan } }"));
  EXPECT_THAT(std::string(enqueued.status().message()), ::testing::StartsWith("parameter \"x\": params[0].value"));
  const auto suggest = Decode(Parse<v1::SuggestRequest>("trial { study_uid: 5 } name: 'y' distribution { }"));
  EXPECT_THAT(std::string(suggest.status().message()), ::testing::StartsWith("parameter \"y\": "));
}

TEST(SpaceCodecTest, ParametersComeBack) {
  const auto parameter = Parse<v1::Parameter>(R"(
    name: "gamma"
    distribution { float { low: 0.001 high: 1 log: true } }
    when { parent: "kernel" values { string_value: "rbf" } values { int_value: 1 } })");
  const auto decoded = DecodeParameter(parameter, Field("parameter"));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  v1::Parameter back;
  EncodeParameter(*decoded, &back);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(parameter, back)) << back.DebugString();
}

TEST(SpaceCodecTest, RefusesDistributionsWithTheirPath) {
  const auto refused = [](const std::string& text) {
    return BadFieldOf(DecodeDistribution("x", Parse<v1::Distribution>(text), Field("distribution")));
  };
  EXPECT_EQ(refused(""), "distribution");
  EXPECT_EQ(refused("float { low: 2 high: 1 }"), "distribution");
  EXPECT_EQ(refused("float { low: nan high: 1 }"), "distribution");
  EXPECT_EQ(refused("float { low: 0 high: 1 log: true }"), "distribution");
  EXPECT_EQ(refused("int { low: 0 high: 10 step: 3 }"), "distribution");
  EXPECT_EQ(refused("categorical { }"), "distribution");  // the message names the parameter
  EXPECT_EQ(refused("categorical { choices { int_value: 1 } choices { } }"), "distribution.categorical.choices[1]");
}

TEST(SpaceCodecTest, SamplersComeBack) {
  for (const char* text :
       {"seed: 7", "random {} seed: 1", "qmc {} seed: 2", "gp_ei { n_startup_trials: 3 } seed: 3",
        "tpe { reproduce: OPTUNA_5_0 tie_order: SIMD n_startup_trials: 0 n_ei_candidates: 24 multivariate: false "
        "group: true constant_liar: true consider_endpoints: false consider_magic_clip: true consider_prior: true "
        "prior_weight: 0.5 } seed: 18446744073709551615"}) {
    const auto sampler = Parse<v1::SamplerConfig>(text);
    const auto decoded = DecodeSampler(sampler, Field("sampler"));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    v1::SamplerConfig back;
    EncodeSampler(*decoded, &back);
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(sampler, back)) << back.DebugString();
  }
}

TEST(SpaceCodecTest, RefusesSamplerOptions) {
  const auto refused = [](const std::string& text) {
    return BadFieldOf(DecodeSampler(Parse<v1::SamplerConfig>(text), Field("sampler")));
  };
  EXPECT_EQ(refused("tpe { n_startup_trials: -1 }"), "sampler.tpe.n_startup_trials");
  EXPECT_EQ(refused("tpe { n_ei_candidates: 0 }"), "sampler.tpe.n_ei_candidates");
  EXPECT_EQ(refused("tpe { n_ei_candidates: 10001 }"), "sampler.tpe.n_ei_candidates");
  EXPECT_EQ(refused("tpe { prior_weight: nan }"), "sampler.tpe.prior_weight");
  EXPECT_EQ(refused("gp_ei { n_startup_trials: 0 }"), "sampler.gp_ei.n_startup_trials");
  v1::SamplerConfig unknown;
  unknown.mutable_tpe()->set_reproduce(static_cast<v1::TpeSampler::Reproduce>(99));
  EXPECT_EQ(BadFieldOf(DecodeSampler(unknown, Field("sampler"))), "sampler.tpe.reproduce");
}

TEST(StudyCodecTest, CreateRefusesWhatOnlyTheServerSets) {
  for (const char* set : {"uid: 1", "state: PAUSED", "create_time {}", "revision: 3", "definition_version: 1",
                          "algorithm_version: 1", "counts {}", "space_size: 3"}) {
    const std::string name(set, std::string(set).find_first_of(": {"));
    EXPECT_EQ(BadFieldOf(Decode(Parse<v1::CreateStudyRequest>("study { name: 'a' " + std::string(set) + " }"))), "study." + name);
  }
}

TEST(StudyCodecTest, UpdateTakesWhatTheMaskNames) {
  const auto command = Decode(Parse<v1::UpdateStudyRequest>(R"(
    study { name: "a" state: PAUSED max_trials: 5 allow_repeats: true }
    update_mask { paths: "state" paths: "max_retries" } if_revision: 9)"));
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(command->state, engine::StudyState::kPaused);
  EXPECT_EQ(command->max_retries, 3);
  EXPECT_FALSE(command->max_trials.has_value());
  EXPECT_FALSE(command->allow_repeats.has_value());
  EXPECT_EQ(command->if_revision, 9);
}

TEST(StudyCodecTest, UpdateRefusesUnknownPaths) {
  EXPECT_EQ(BadFieldOf(Decode(Parse<v1::UpdateStudyRequest>("study { name: 'a' }"))), "update_mask.paths");
  EXPECT_EQ(BadFieldOf(Decode(Parse<v1::UpdateStudyRequest>("study { name: 'a' } update_mask { paths: 'space' paths: 'uid' }"))),
            "update_mask.paths[1]");
  EXPECT_EQ(BadFieldOf(Decode(Parse<v1::UpdateStudyRequest>("study { name: 'a' } update_mask { paths: 'state' }"))),
            "study.state");
}

TEST(TrialCodecTest, TellNeedsAHandleAndAKnownState) {
  EXPECT_EQ(BadFieldOf(Decode(Parse<v1::TellRequest>("outcomes { values: 1 }"))), "outcomes[0].trial");
  EXPECT_EQ(BadFieldOf(Decode(Parse<v1::TellRequest>("outcomes { trial { number: -1 } }"))), "outcomes[0].trial.number");
  EXPECT_EQ(BadFieldOf(Decode(Parse<v1::TellRequest>("outcomes { trial {} state: RUNNING }"))), "outcomes[0].state");
  EXPECT_EQ(BadFieldOf(Decode(Parse<v1::TellRequest>("outcomes { trial {} } outcomes { trial {} failure { reason: 'x' } }"))),
            "outcomes[1].failure");
  const auto nan = Decode(Parse<v1::TellRequest>("outcomes { trial { study_uid: 5 } values: nan }"));
  ASSERT_TRUE(nan.ok()) << nan.status();  // the engine fails the trial with a reason
  EXPECT_TRUE(std::isnan(nan->outcomes[0].values[0]));
}

TEST(TrialCodecTest, LeasesAreWholeNumbersOfMicroseconds) {
  EXPECT_EQ(Decode(Parse<v1::AskRequest>("study: 'a' lease_seconds: 120"))->lease_micros, 120'000'000);
  for (const char* bad : {"0", "0.5", "86401", "nan", "inf", "-1"}) {
    EXPECT_EQ(BadFieldOf(Decode(Parse<v1::AskRequest>("study: 'a' lease_seconds: " + std::string(bad)))), "lease_seconds");
  }
}

TEST(TrialCodecTest, TimesAreChecked) {
  const auto time = [](const std::string& text) {
    return BadFieldOf(Decode(Parse<v1::AddTrialsRequest>("study: 'a' trials { start_time { " + text + " } }")));
  };
  EXPECT_EQ(time("seconds: 1700000000 nanos: 5000"), "accepted");
  EXPECT_EQ(time("seconds: -1"), "trials[0].start_time.seconds");
  EXPECT_EQ(time("seconds: 9223372036854775807"), "trials[0].start_time.seconds");
  EXPECT_EQ(time("nanos: 1000000000"), "trials[0].start_time.nanos");
}

TEST(TrialCodecTest, BasicViewHasNoDistributions) {
  engine::Trial trial;
  trial.params.push_back({"x", Choice(0.5), std::make_shared<const Distribution>(FloatDistribution{0, 1, false, std::nullopt})});
  v1::Trial basic, full;
  EncodeTrial(trial, false, &basic);
  EncodeTrial(trial, true, &full);
  EXPECT_FALSE(basic.params(0).has_distribution());
  EXPECT_TRUE(full.params(0).has_distribution());
}

TEST(RequestIdTest, IsAUuid) {
  const auto lower = ParseRequestId("01234567-89ab-cdef-0123-456789abcdef");
  ASSERT_TRUE(lower.ok()) << lower.status();
  EXPECT_EQ((*lower)[0], 0x01);
  EXPECT_EQ((*lower)[7], 0xef);
  EXPECT_EQ((*lower)[15], 0xef);
  EXPECT_EQ(*lower, *ParseRequestId("01234567-89AB-CDEF-0123-456789ABCDEF"));
  for (const char* bad :
       {"x", "0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdeg", "{1234567-89ab-cdef-0123-456789abcde}",
        "01234567-89ab-cdef-0123-456789abcdef0", "0123456-789ab-cdef-0123-456789abcdef"}) {
    EXPECT_EQ(BadFieldOf(ParseRequestId(bad)), "request_id") << bad;
  }
}

}  // namespace
}  // namespace parzen::optimizer
