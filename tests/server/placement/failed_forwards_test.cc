#include "server/placement/failed_forwards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parzen::placement {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(FailedForwards, AreCountedByReason) {
  FailedForwards failed;
  failed.Add(absl::UnavailableError("connection refused"));
  failed.Add(absl::UnavailableError("connection reset"));
  failed.Add(absl::CancelledError(""));
  failed.Add(absl::UnauthenticatedError("another secret"));
  failed.Add(absl::FailedPreconditionError("another layout"));
  failed.Add(absl::InvalidArgumentError("no such call"));
  failed.Add(absl::DeadlineExceededError(""));
  failed.Add(FailedForwards::Reason::kMoved);
  failed.Add(absl::InternalError(""));
  EXPECT_THAT(failed.Counts(), ElementsAre(Pair("unreachable", 2), Pair("broken_off", 1), Pair("refused", 3), Pair("late", 1),
                                           Pair("moved", 1), Pair("other", 1)));
}

}  // namespace
}  // namespace parzen::placement
