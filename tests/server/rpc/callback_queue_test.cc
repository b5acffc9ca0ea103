#include "server/rpc/callback_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "server/rpc/server.h"

namespace parzen::rpc {
namespace {

void AwaitThreads(int threads) {
  while (RunningCallbackThreads() != threads) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST(CallbackQueueTest, AThreadForEveryTwoCores) {
  EXPECT_EQ(CallbackThreads(0), 1);  // not known
  EXPECT_EQ(CallbackThreads(1), 1);
  EXPECT_EQ(CallbackThreads(2), 1);
  EXPECT_EQ(CallbackThreads(4), 2);
  EXPECT_EQ(CallbackThreads(128), 16);
}

// That gRPC uses this queue, and not its own.
TEST(CallbackQueueTest, ServersPollWithIt) {
  EXPECT_EQ(RunningCallbackThreads(), 0);
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  auto server = Server::Start({}, options);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(RunningCallbackThreads(), CallbackThreads(std::thread::hardware_concurrency()));
  server->reset();
  AwaitThreads(0);
}

}  // namespace
}  // namespace parzen::rpc
