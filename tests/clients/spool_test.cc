#include "clients/cli/worker/spool.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen::cli {
namespace {

class SpoolTest : public ::testing::Test {
 protected:
  SpoolTest() : directory_(std::filesystem::path(::testing::TempDir()) / ("spool" + std::to_string(getpid()))) {}
  ~SpoolTest() override { std::filesystem::remove_all(directory_); }

  Spool Open() { return *Spool::Open(directory_.string()); }

  std::filesystem::path directory_;
};

TEST_F(SpoolTest, KeepsOutcomesUntilTheyAreRemoved) {
  const Spool spool = Open();
  const TrialHandle late{7, 10, 1}, early{7, 2, 0}, other{8, 1, 0};
  const double value = 1.0 / 3;
  ASSERT_TRUE(
      spool.Put(late, {TrialState::kComplete, {value, -std::numeric_limits<double>::infinity(), std::nan("")}, {}, {}, {}, {}})
          .ok());
  ASSERT_TRUE(spool.Put(early, {TrialState::kFailed, {}, {}, {}, FailureKind::kPreempted, "node \"gone\"\n"}).ok());
  ASSERT_TRUE(spool.Put(other, {}).ok());

  const auto kept = Open().Of(7);
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].first.number, 2);
  EXPECT_EQ(kept[0].second.state, TrialState::kFailed);
  EXPECT_EQ(kept[0].second.failure, FailureKind::kPreempted);
  EXPECT_EQ(kept[0].second.reason, "node \"gone\"\n");
  EXPECT_EQ(kept[1].first.number, 10);
  EXPECT_EQ(kept[1].first.attempt, 1);
  EXPECT_EQ(kept[1].second.values[0], value);
  EXPECT_TRUE(std::isinf(kept[1].second.values[1]));
  EXPECT_TRUE(std::isnan(kept[1].second.values[2]));

  spool.Remove(early);
  spool.Remove(early);
  EXPECT_EQ(Open().Of(7).size(), 1U);
}

TEST_F(SpoolTest, StrangeFilesAreLeftAlone) {
  const Spool spool = Open();
  std::ofstream(directory_ / "0000000000000007-3-0.json") << "{ torn";
  std::ofstream(directory_ / "0000000000000007-x-0.json") << "{}";
  std::ofstream(directory_ / "0000000000000007-4-0.json.part12") << "{}";
  std::ofstream(directory_ / "0000000000000007-5-0.json") << R"({"state":"running","values":[]})";
  EXPECT_TRUE(spool.Of(7).empty());
  EXPECT_TRUE(std::filesystem::exists(directory_ / "0000000000000007-3-0.json"));
}

TEST_F(SpoolTest, ADirectoryThatCannotBeIsRefused) {
  std::ofstream(directory_.string()) << "a file";
  EXPECT_FALSE(Spool::Open((directory_ / "sub").string()).ok());
  std::filesystem::remove(directory_);
}

}  // namespace
}  // namespace parzen::cli
