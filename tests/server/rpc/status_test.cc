// Errors as gRPC carries them.

#include "server/rpc/status.h"

#include <gtest/gtest.h>

#include <string>

#include "parzen/v1/error.pb.h"
#include "server/error/error.h"

namespace parzen::rpc {
namespace {

TEST(StatusTest, CarriesReasonWhereStandardToolsLook) {
  const grpc::Status status =
      ToGrpc(error::MakeError(absl::StatusCode::kFailedPrecondition, "paused", {"STUDY_PAUSED", {{"study", "a"}}}));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  v1::ErrorStatus details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(details.message(), "paused");
  ASSERT_EQ(details.details_size(), 1);
  EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
  v1::ErrorInfo info;
  ASSERT_TRUE(info.ParseFromString(details.details(0).value()));
  EXPECT_EQ(info.reason(), "STUDY_PAUSED");
  EXPECT_EQ(info.domain(), "parzen");
  EXPECT_EQ(info.metadata().at("study"), "a");
}

TEST(StatusTest, LongMessagesFitIntoHeaders) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "\xE2\x82\xAC";  // a euro sign, three bytes
  const grpc::Status status = ToGrpc(error::BadField("study.name", text));
  EXPECT_LE(status.error_message().size(), 1024);
  EXPECT_LE(3 * status.error_message().size() + status.error_details().size() * 4 / 3, 8000);
  v1::ErrorStatus details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));  // still UTF-8
}

}  // namespace
}  // namespace parzen::rpc
