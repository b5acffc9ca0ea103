#include "server/security/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace parzen::security {
namespace {

using ::testing::HasSubstr;

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
