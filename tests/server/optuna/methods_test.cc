#include "server/optuna/methods.h"

#include <gtest/gtest.h>

#include <set>

#include "optuna/storage.pb.h"
#include "server/optuna/front.h"

namespace parzen::optuna {
namespace {

TEST(Methods, AreThoseOfTheService) {
  const auto* service = ::optuna::GetAllStudiesRequest::descriptor()->file()->FindServiceByName("StorageService");
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(static_cast<int>(Methods().size()), service->method_count());
  std::set<std::string_view> labels;
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string name = service->method(i)->name();
    const security::Method* method = security::FindMethod(Methods(), "/" + service->full_name() + "/" + name);
    ASSERT_NE(method, nullptr) << name;
    EXPECT_TRUE(labels.insert(method->label).second);
    EXPECT_EQ(method->role == Role::kReader, name.starts_with("Get")) << name;
    EXPECT_EQ(method->role == Role::kAdmin, name == "DeleteStudy") << name;
  }
}

}  // namespace
}  // namespace parzen::optuna
