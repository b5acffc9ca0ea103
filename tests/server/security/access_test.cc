#include "server/security/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "server/error/error.h"

namespace parzen::security {
namespace {

using ::testing::HasSubstr;

std::string ReasonOf(const absl::Status& status) {
  const auto detail = error::GetErrorDetail(status);
  return detail ? detail->reason : "none";
}

TEST(Access, ARefusalNamesWhoWhatAndTheRoleNeeded) {
  const auto status = CheckMethod({"dashboard", Role::kReader, ""}, {"/a.Service/Tell", "Tell", Role::kWorker});
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(status), "ROLE_TOO_LOW");
  EXPECT_EQ(status.message(), "'dashboard' has the role reader; Tell needs the role worker");
}

TEST(Access, OnlyAdminsMakeStudies) {
  EXPECT_TRUE(CheckMakeStudy({"ada", Role::kAdmin, ""}).ok());
  const auto status = CheckMakeStudy({"willi", Role::kWorker, ""});
  EXPECT_EQ(ReasonOf(status), "ROLE_TOO_LOW");
  EXPECT_EQ(status.message(), "'willi' has the role worker; making a study needs the role admin");
}

TEST(Access, MethodsAreFoundByTheirFullNamesOnly) {
  constexpr Method kOne{"/a.Service/GetTrial", "GetTrial", Role::kReader};
  constexpr Method kOther{"/b.Service/GetTrial", "b.GetTrial", Role::kWorker};
  const std::array<const Method*, 2> methods = {&kOne, &kOther};
  EXPECT_EQ(FindMethod(methods, "/a.Service/GetTrial"), &kOne);
  EXPECT_EQ(FindMethod(methods, "/b.Service/GetTrial"), &kOther);
  for (const char* unknown : {"GetTrial", "/c.Service/GetTrial", "/a.Service/DropDatabase", ""}) {
    EXPECT_EQ(FindMethod(methods, unknown), nullptr) << unknown;
  }
}

TEST(Access, AStudyIsAllowedByItsPrefix) {
  const Principal principal{"vision", Role::kWorker, "vision/"};
  EXPECT_TRUE(CheckStudy(principal, "vision/resnet").ok());
  for (const char* study : {"vision", "speech/asr", "", "Vision/x", "x/vision/"}) {
    const auto status = CheckStudy(principal, study);
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << study;
    EXPECT_EQ(ReasonOf(status), "OUTSIDE_PREFIX");
    EXPECT_THAT(std::string(status.message()), HasSubstr("'vision/'"));
  }
  EXPECT_TRUE(CheckStudy({"all", Role::kWorker, ""}, "anything").ok());
}

TEST(Access, AListingShowsWhatBothPrefixesAllow) {
  const Principal principal{"vision", Role::kReader, "vision/"};
  EXPECT_EQ(VisiblePrefix(principal, ""), "vision/");
  EXPECT_EQ(VisiblePrefix(principal, "vis"), "vision/");
  EXPECT_EQ(VisiblePrefix(principal, "vision/res"), "vision/res");
  EXPECT_EQ(VisiblePrefix(principal, "speech"), std::nullopt);
  EXPECT_EQ(VisiblePrefix({"all", Role::kReader, ""}, "x"), "x");
}

TEST(Access, RolesHaveNames) {
  for (Role role : {Role::kReader, Role::kWorker, Role::kAdmin}) EXPECT_EQ(ParseRole(RoleName(role)), role);
  EXPECT_EQ(ParseRole("Admin"), std::nullopt);
  EXPECT_EQ(ParseRole(""), std::nullopt);
}

}  // namespace
}  // namespace parzen::security
