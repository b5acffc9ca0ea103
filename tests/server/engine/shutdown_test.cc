// Shutdown: what is in flight ends, nothing new begins.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "tests/server/engine/harness.h"

namespace parzen::engine {
namespace {

TEST(ShutdownTest, WhatIsInFlightEndsNothingNewBegins) {
  Harness harness(Harness::Kind::kFile);
  harness.MakeStudy("s", Define({Real("x", 0, 1)}));
  const Trial trial = harness.AskOne("s");
  std::atomic<int> answered{0}, handed_out{0};
  constexpr int kAsks = 300;
  for (int i = 0; i < kAsks; ++i) {
    AskCommand command;
    command.study = "s";
    harness.service().Ask(std::move(command), [&](const absl::StatusOr<AskAnswer>& answer) {
      EXPECT_EQ(answer.status(), absl::OkStatus());
      if (answer.ok()) ++handed_out;
      ++answered;
    });
  }
  EXPECT_TRUE(harness.service().Shutdown(std::chrono::seconds(60)));
  EXPECT_EQ(answered, kAsks);
  EXPECT_EQ(Reason(harness.Ask("s").status()), "SHUTTING_DOWN");
  EXPECT_EQ(Reason(harness.Tell(trial, {1}).status()), "SHUTTING_DOWN");
  EXPECT_EQ(Reason(harness.GetStudy("s").status()), "SHUTTING_DOWN");
  harness.Restart();
  EXPECT_EQ(harness.GetStudy("s")->counts.running, 1 + handed_out);
  EXPECT_EQ(harness.Tell(trial, {1}).status(), absl::OkStatus());
}

}  // namespace
}  // namespace parzen::engine
