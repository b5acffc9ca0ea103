// The timer of leases: whose turn it is, and what it makes of clocks that jump.

#include "server/engine/threads/lease_timer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <thread>

namespace parzen::engine {
namespace {

int64_t Zero() { return 0; }

// Who moves a clock and has it looked at finds done what was due, also where the timer's own thread has begun with it.
TEST(LeaseTimerTest, ACheckWaitsForWhatTheTimerCalls) {
  std::promise<void> begun, checked;
  std::future<void> returned = checked.get_future();
  std::atomic<bool> done = false;
  LeaseTimer timer(Zero, Zero, [&](uint64_t) {
    begun.set_value();
    EXPECT_EQ(returned.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
    done = true;
  });
  timer.WakeAt(7, 0);
  begun.get_future().wait();
  timer.Check();
  EXPECT_TRUE(done);
  checked.set_value();
}

TEST(LeaseTimerTest, NoticesThatTheProcessStoodStill) {
  std::atomic<int64_t> now = 5'000'000, uptime = 0;
  LeaseTimer timer([&] { return now.load(); }, [&] { return uptime.load(); }, [](uint64_t) {});
  const int64_t never = timer.resumed_at();
  EXPECT_LT(never, -1'000'000'000'000'000);
  uptime += 1'000'000;
  timer.Check();
  EXPECT_EQ(timer.resumed_at(), never) << "a busy machine";
  uptime += 5'000'000;
  timer.Check();
  EXPECT_EQ(timer.resumed_at(), 5'000'000);
}

}  // namespace
}  // namespace parzen::engine
