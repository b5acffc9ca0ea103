#include <gtest/gtest.h>

#include <set>
#include <string>

#include "parzen/v1/parzen.pb.h"
#include "server/optimizer/front.h"
#include "server/security/access.h"

namespace parzen::optimizer {
namespace {

using security::Role;

const google::protobuf::ServiceDescriptor& Service() { return *v1::Study::descriptor()->file()->FindServiceByName("Optimizer"); }

// By the path under which gRPC serves the method.
const security::Method* Find(const google::protobuf::MethodDescriptor& method) {
  return security::FindMethod(Methods(), "/" + method.service()->full_name() + "/" + method.name());
}

std::set<std::string> AllowedTo(Role role) {
  std::set<std::string> allowed;
  for (int i = 0; i < Service().method_count(); ++i) {
    const security::Method* method = Find(*Service().method(i));
    if (method != nullptr && security::CheckMethod({"somebody", role, ""}, *method).ok()) {
      allowed.insert(Service().method(i)->name());
    }
  }
  return allowed;
}

TEST(Methods, EveryMethodOfTheServiceIsListed) {
  EXPECT_EQ(static_cast<int>(Methods().size()), Service().method_count());
  for (int i = 0; i < Service().method_count(); ++i) {
    const security::Method* method = Find(*Service().method(i));
    ASSERT_NE(method, nullptr) << Service().method(i)->name() << " is missing from methods.h";
    EXPECT_EQ(method->label, Service().method(i)->name()) << "kept with request ids in the file: never another";
    EXPECT_EQ(method->stream, Service().method(i)->server_streaming());
  }
}

TEST(Methods, EachRoleMayDoWhatTheOneBeforeMayAndMore) {
  const std::set<std::string> reader = {"GetStudy",        "ListStudies",    "GetTrial",     "ListTrials", "BestTrials",
                                        "RecommendTrials", "GetImportances", "ExplainTrial", "WatchStudy", "GetServerInfo"};
  EXPECT_EQ(AllowedTo(Role::kReader), reader);
  std::set<std::string> worker = reader;
  worker.insert({"Ask", "Tell", "Report", "Heartbeat", "Suggest", "UpdateTrial", "Enqueue", "StopTrial", "CreateStudy"});
  EXPECT_EQ(AllowedTo(Role::kWorker), worker);
  std::set<std::string> admin = worker;
  admin.insert({"UpdateStudy", "DeleteStudy", "AddTrials"});
  EXPECT_EQ(AllowedTo(Role::kAdmin), admin);
}

}  // namespace
}  // namespace parzen::optimizer
