#include "server/optuna/methods.h"

#include <gtest/gtest.h>

#include <set>

#include "optuna/storage.pb.h"
#include "parzen/v1/optuna.pb.h"
#include "server/optuna/front.h"

namespace parzen::optuna {
namespace {

TEST(Methods, AreThoseOfTheServices) {
  const auto* storage = ::optuna::GetAllStudiesRequest::descriptor()->file()->FindServiceByName("StorageService");
  const auto* trials = v1::BeginTrialRequest::descriptor()->file()->FindServiceByName("OptunaTrials");
  std::set<std::string_view> labels;
  for (const auto* service : {storage, trials}) {
    ASSERT_NE(service, nullptr);
    for (int i = 0; i < service->method_count(); ++i) {
      const std::string name = service->method(i)->name();
      const security::Method* method = security::FindMethod(Methods(), "/" + service->full_name() + "/" + name);
      ASSERT_NE(method, nullptr) << name;
      EXPECT_TRUE(labels.insert(method->label).second) << name;
      EXPECT_EQ(method->role == Role::kReader, name.starts_with("Get")) << name;
      EXPECT_EQ(method->role == Role::kAdmin, name == "DeleteStudy") << name;
    }
  }
  EXPECT_EQ(Methods().size(), labels.size());
}

}  // namespace
}  // namespace parzen::optuna
