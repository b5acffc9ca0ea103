#include "server/security/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "parzen/v1/parzen.pb.h"
#include "server/error/error.h"

namespace parzen::security {
namespace {

using ::testing::HasSubstr;

std::string ReasonOf(const absl::Status& status) {
  const auto detail = error::GetErrorDetail(status);
  return detail ? detail->reason : "none";
}

const google::protobuf::ServiceDescriptor& Service() { return *v1::Study::descriptor()->file()->FindServiceByName("Optimizer"); }

std::set<std::string> AllowedTo(Role role) {
  std::set<std::string> allowed;
  for (int i = 0; i < Service().method_count(); ++i) {
    const std::string& method = Service().method(i)->name();
    if (CheckMethod({"somebody", role, ""}, method).ok()) allowed.insert(method);
  }
  return allowed;
}

TEST(Access, EveryMethodOfTheServiceIsInTheTable) {
  for (int i = 0; i < Service().method_count(); ++i) {
    EXPECT_TRUE(RoleFor(Service().method(i)->name())) << Service().method(i)->name() << " is missing from the table in access.cc";
  }
}

TEST(Access, EachRoleMayDoWhatTheOneBeforeMayAndMore) {
  const std::set<std::string> reader = {"GetStudy",   "ListStudies",  "GetTrial",   "ListTrials",
                                        "BestTrials", "ExplainTrial", "WatchStudy", "GetServerInfo"};
  EXPECT_EQ(AllowedTo(Role::kReader), reader);
  std::set<std::string> worker = reader;
  worker.insert({"Ask", "Tell", "Report", "Heartbeat", "Suggest", "UpdateTrial", "Enqueue", "StopTrial", "CreateStudy"});
  EXPECT_EQ(AllowedTo(Role::kWorker), worker);
  std::set<std::string> admin = worker;
  admin.insert({"UpdateStudy", "DeleteStudy", "AddTrials"});
  EXPECT_EQ(AllowedTo(Role::kAdmin), admin);
}

TEST(Access, ARefusalNamesWhoWhatAndTheRoleNeeded) {
  const auto status = CheckMethod({"dashboard", Role::kReader, ""}, "Tell");
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

TEST(Access, NobodyMayCallAMethodThatTheTableDoesNotKnow) {
  const auto status = CheckMethod({"root", Role::kAdmin, ""}, "DropDatabase");
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
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
