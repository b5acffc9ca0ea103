#include "clients/cli/plot/pareto_front.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen::cli {
namespace {

using ::testing::ElementsAre;

TEST(ParetoFront, KeepsEqualPointsAndLeavesOutWhatIsDominated) {
  EXPECT_THAT(ParetoFront({{1, 1}, {0, 2}, {2, 2}, {1, 1}, {2, 0}}), ElementsAre(0, 1, 3, 4));
  EXPECT_THAT(ParetoFront({}), ElementsAre());
}

}  // namespace
}  // namespace parzen::cli
