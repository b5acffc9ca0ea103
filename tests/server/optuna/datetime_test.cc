#include "server/optuna/datetime.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace parzen::optuna {
namespace {

class Datetime : public testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
  }
};

TEST_F(Datetime, IsLocalTimeWithMicroseconds) {
  EXPECT_EQ(FormatDatetime(0), "");
  EXPECT_EQ(FormatDatetime(1'700'000'000'000'007), "2023-11-14 23:13:20.000007");
  EXPECT_EQ(*ParseDatetime("2023-11-14 23:13:20.000007"), 1'700'000'000'000'007);
  EXPECT_EQ(*ParseDatetime("2023-07-14 12:00:00"), 1'689'328'800'000'000);  // in summer
  EXPECT_EQ(*ParseDatetime("2023-11-14 23:13:20.5"), 1'700'000'000'500'000);
  EXPECT_EQ(*ParseDatetime(""), 0);
}

TEST_F(Datetime, RefusesWhatIsNone) {
  for (const char* text :
       {"now", "2023-11-14", "2023-11-14T23:13:20", "2023-13-14 23:13:20", "2023-11-14 24:13:20", "1969-11-14 23:13:20",
        "2023-11-14 23:13:20.", "2023-11-14 23:13:20.1234567", "2023-11-14 23:13:20 UTC", "2023-11-14 23:13:2x"}) {
    EXPECT_EQ(ParseDatetime(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace parzen::optuna
