// Threads that sample: order, turns, and how they end.

#include "server/engine/threads/compute_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace parzen::engine {
namespace {

TEST(ComputePoolTest, AStrandRunsItsJobsInOrderOneAtATime) {
  std::vector<std::vector<int>> seen(8);
  std::vector<std::atomic<int>> running(8);
  const auto pool = std::make_shared<ComputePool>(4);
  std::vector<std::shared_ptr<ComputePool::Strand>> strands;
  for (size_t i = 0; i < seen.size(); ++i) strands.push_back(pool->MakeStrand());
  for (int k = 0; k < 500; ++k) {
    for (size_t i = 0; i < seen.size(); ++i) {
      strands[i]->Post([&, i, k] {
        EXPECT_EQ(running[i].fetch_add(1), 0);
        seen[i].push_back(k);
        EXPECT_EQ(running[i].fetch_sub(1), 1);
      });
    }
  }
  pool->End();
  for (const std::vector<int>& jobs : seen) {
    ASSERT_EQ(jobs.size(), 500u);
    EXPECT_TRUE(std::is_sorted(jobs.begin(), jobs.end()));
  }
}

TEST(ComputePoolTest, BackgroundWorkComesLast) {
  std::vector<std::string> order;
  const auto pool = std::make_shared<ComputePool>(1);
  const auto busy = pool->MakeStrand();
  const auto other = pool->MakeStrand();
  std::promise<void> begin, background;
  busy->Post([&] { begin.get_future().wait(); });
  other->PostBackground([&] { order.push_back("replaced"); });
  other->PostBackground([&] {
    order.push_back("background");
    background.set_value();
  });
  for (int i = 0; i < 100; ++i) busy->Post([&] { order.push_back("busy"); });
  other->Post([&] { order.push_back("other"); });
  begin.set_value();
  background.get_future().wait();
  pool->End();
  ASSERT_EQ(order.size(), 102u);
  EXPECT_EQ(order.back(), "background");
  // Strands take turns: the other's job did not wait for all hundred.
  EXPECT_LT(std::find(order.begin(), order.end(), "other") - order.begin(), 60);
}

TEST(ComputePoolTest, AnIdleStrandRunsAJobAtOnce) {
  std::vector<std::string> order;
  const auto pool = std::make_shared<ComputePool>(2);
  const auto strand = pool->MakeStrand();
  std::promise<void> posted, last;
  strand->RunOrPost([&] {
    order.push_back("at once");
    strand->Post([&] {
      order.push_back("posted meanwhile");
      posted.get_future().wait();
    });
    EXPECT_EQ(order.size(), 1u);
  });
  const std::thread::id caller = std::this_thread::get_id();
  strand->RunOrPost([&] {
    EXPECT_NE(std::this_thread::get_id(), caller);
    order.push_back("posted");
  });
  strand->PostBackground([&] { last.set_value(); });
  posted.set_value();
  last.get_future().wait();
  strand->RunOrPost([&] { order.push_back("idle again"); });
  pool->End();
  EXPECT_THAT(order, testing::ElementsAre("at once", "posted meanwhile", "posted", "idle again"));
}

TEST(ComputePoolTest, EndsWhenWhatACallerRunsHasRun) {
  auto pool = std::make_shared<ComputePool>(2);
  auto strand = pool->MakeStrand();
  std::promise<void> begun, go;
  std::atomic<int> ran = 0;
  std::thread caller([&] {
    strand->RunOrPost([&] {
      begun.set_value();
      go.get_future().wait();
      strand->Post([&] { ++ran; });
      ++ran;
    });
  });
  begun.get_future().wait();
  std::thread end([&] {
    pool->End();
    EXPECT_EQ(ran, 2);
  });
  go.set_value();
  caller.join();
  end.join();
}

// What follows a call's answer may come when the service has ended.
TEST(ComputePoolTest, WhatIsPostedAfterTheEndIsLetGo) {
  auto pool = std::make_shared<ComputePool>(2);
  const std::weak_ptr<ComputePool> left = pool;
  auto strand = pool->MakeStrand();
  const auto held = std::make_shared<int>(0);
  std::promise<void> go;
  strand->Post([&] { go.get_future().wait(); });
  strand->PostBackground([held] {});
  std::thread end([&] { pool->End(); });
  go.set_value();
  end.join();
  pool.reset();
  for (const auto post : {&ComputePool::Strand::Post, &ComputePool::Strand::RunOrPost, &ComputePool::Strand::PostBackground}) {
    ((*strand).*post)([held] { ADD_FAILURE() << "ran after the end"; });
  }
  EXPECT_EQ(held.use_count(), 1);
  strand.reset();
  EXPECT_TRUE(left.expired());
}

// Callers run their jobs while the pool ends under them.
TEST(ComputePoolTest, EndsUnderItsCallers) {
  for (int round = 0; round < 50; ++round) {
    auto pool = std::make_shared<ComputePool>(2);
    std::atomic<bool> ended = false;
    std::vector<std::thread> callers;
    for (int i = 0; i < 3; ++i) {
      callers.emplace_back([&, strand = pool->MakeStrand()] {
        for (int k = 0; k < 200; ++k) {
          strand->RunOrPost([&] { EXPECT_FALSE(ended); });
          strand->Post([&] { EXPECT_FALSE(ended); });
          strand->PostBackground([&] { EXPECT_FALSE(ended); });
        }
      });
    }
    pool->End();
    ended = true;
    pool.reset();
    for (std::thread& caller : callers) caller.join();
  }
}

}  // namespace
}  // namespace parzen::engine
