#include "server/security/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "parzen/v1/parzen.pb.h"
#include "server/error/error.h"

namespace parzen::security {
namespace {

using ::testing::HasSubstr;

std::string Refusal(const Limits& limits, const google::protobuf::Message& request) {
  const absl::Status status = CheckRequest(limits, request);
  if (status.ok()) return "accepted";
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  return error::GetErrorDetail(status)->reason;
}

Limits Small() {
  Limits limits;
  for (const char* assignment :
       {"parameters=2", "choices=3", "attributes=1", "attribute_bytes=10", "json_depth=2", "page_size=50"}) {
    EXPECT_TRUE(SetLimit(assignment, &limits).ok());
  }
  return limits;
}

TEST(Limits, AreSetByName) {
  Limits limits;
  EXPECT_TRUE(SetLimit("watches_per_peer=7", &limits).ok());
  EXPECT_EQ(limits.watches_per_peer, 7);
  for (const char* bad : {"watches_per_peer", "watches=7", "=7", "", "watches_per_peer=", "watches_per_peer=-1",
                          "watches_per_peer=7x", "parameters=1001", "parameters=0", "choices=99999999999999999999"}) {
    EXPECT_EQ(SetLimit(bad, &limits).code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  EXPECT_THAT(std::string(SetLimit("parameters=1001", &limits).message()), HasSubstr("accepted: a whole number from 1 to 1000"));
  EXPECT_THAT(std::string(SetLimit("nonsense=1", &limits).message()), HasSubstr("requests_per_peer=4096"));
}

TEST(Limits, BoundASearchSpace) {
  v1::CreateStudyRequest create;
  v1::UpdateStudyRequest update;
  auto* space = create.mutable_study()->mutable_space();
  space->add_parameters();
  space->add_parameters();
  *update.mutable_study() = create.study();
  EXPECT_EQ(Refusal(Small(), create), "accepted");
  space->add_parameters();
  *update.mutable_study() = create.study();
  EXPECT_EQ(Refusal(Small(), create), "LIMIT_PARAMETERS");
  EXPECT_EQ(Refusal(Small(), update), "LIMIT_PARAMETERS");
  EXPECT_EQ(CheckRequest(Small(), create).message(), "the number of parameters is 3; this server accepts at most 2");
  EXPECT_EQ(Refusal(Limits(), create), "accepted");
}

TEST(Limits, BoundChoicesWhereverADistributionArrives) {
  v1::Distribution distribution;
  for (int i = 0; i < 4; ++i) distribution.mutable_categorical()->add_choices()->set_int_value(i);
  v1::CreateStudyRequest create;
  *create.mutable_study()->mutable_space()->add_parameters()->mutable_distribution() = distribution;
  v1::SuggestRequest suggest;
  *suggest.mutable_distribution() = distribution;
  v1::EnqueueRequest enqueue;
  *enqueue.add_params()->mutable_distribution() = distribution;
  v1::AddTrialsRequest add;
  *add.add_trials()->add_params()->mutable_distribution() = distribution;
  EXPECT_EQ(Refusal(Small(), create), "LIMIT_CHOICES");
  EXPECT_EQ(Refusal(Small(), suggest), "LIMIT_CHOICES");
  EXPECT_EQ(Refusal(Small(), enqueue), "LIMIT_CHOICES");
  EXPECT_EQ(Refusal(Small(), add), "LIMIT_CHOICES");
}

TEST(Limits, BoundAttributes) {
  v1::UpdateTrialRequest update;
  update.add_user_attrs()->set_json("[[1]]");
  EXPECT_EQ(Refusal(Small(), update), "accepted");
  update.mutable_user_attrs(0)->set_json("[[[1]]]");
  EXPECT_EQ(Refusal(Small(), update), "LIMIT_JSON_DEPTH");
  update.mutable_user_attrs(0)->set_json("1234567890.");
  EXPECT_EQ(Refusal(Small(), update), "LIMIT_ATTRIBUTE_BYTES");
  update.mutable_user_attrs(0)->set_json("1");
  update.add_user_attrs()->set_json("2");
  EXPECT_EQ(Refusal(Small(), update), "LIMIT_ATTRIBUTES");
  v1::AddTrialsRequest add;
  add.add_trials()->add_system_attrs()->set_json("[[[1]]]");
  EXPECT_EQ(Refusal(Small(), add), "LIMIT_JSON_DEPTH");
}

TEST(Limits, BoundPages) {
  v1::ListTrialsRequest list;
  list.set_page_size(50);
  EXPECT_EQ(Refusal(Small(), list), "accepted");
  list.set_page_size(51);
  EXPECT_EQ(Refusal(Small(), list), "LIMIT_PAGE");
}

TEST(Limits, JsonDepthCountsBracketsOutsideStrings) {
  EXPECT_EQ(JsonDepth("1"), 0);
  EXPECT_EQ(JsonDepth("[]"), 1);
  EXPECT_EQ(JsonDepth(R"({"a": [1, {"b": 2}]})"), 3);
  EXPECT_EQ(JsonDepth(R"("[[[[")"), 0);
  EXPECT_EQ(JsonDepth(R"(["\"[[["])"), 1);
  EXPECT_EQ(JsonDepth(std::string(100'000, '[')), 100'000);
  EXPECT_EQ(JsonDepth("\"\\"), 0);
}

}  // namespace
}  // namespace parzen::security
