#include "server/optimizer/request_limits.h"

#include <gtest/gtest.h>

#include <string>

#include "parzen/v1/parzen.pb.h"
#include "server/error/error.h"

namespace parzen::optimizer {
namespace {

using security::Limits;
using security::SetLimit;

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

TEST(RequestLimits, BoundASearchSpace) {
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

TEST(RequestLimits, BoundChoicesWhereverADistributionArrives) {
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

TEST(RequestLimits, BoundAttributes) {
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

TEST(RequestLimits, BoundPages) {
  v1::ListTrialsRequest list;
  list.set_page_size(50);
  EXPECT_EQ(Refusal(Small(), list), "accepted");
  list.set_page_size(51);
  EXPECT_EQ(Refusal(Small(), list), "LIMIT_PAGE");
}

}  // namespace
}  // namespace parzen::optimizer
