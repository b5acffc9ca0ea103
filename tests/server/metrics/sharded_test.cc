#include "server/metrics/sharded.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <thread>
#include <vector>

namespace parzen::metrics {
namespace {

constexpr std::array<int64_t, 3> kBounds = {10, 20, 50};

TEST(HistogramTest, AValueBelongsToTheFirstBoundNotBelowIt) {
  Histogram histogram(kBounds, 10);
  for (const int64_t value : {0, 10, 11, 50, 51, 1000}) histogram.Observe(value);
  const auto collected = histogram.Collect().histogram;
  ASSERT_EQ(collected.bucket.size(), 4);
  const std::array<double, 4> bounds = {1, 2, 5, std::numeric_limits<double>::infinity()};
  const std::array<uint64_t, 4> cumulative = {2, 3, 4, 6};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(collected.bucket[i].upper_bound, bounds[i]);
    EXPECT_EQ(collected.bucket[i].cumulative_count, cumulative[i]);
  }
  EXPECT_EQ(collected.sample_count, 6);
  EXPECT_DOUBLE_EQ(collected.sample_sum, 112.2);
}

TEST(HistogramTest, NothingIsLostAmongManyThreads) {
  Histogram histogram(kBounds, 1);
  Counter counter;
  std::vector<std::thread> threads;
  for (int t = 0; t < 20; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        histogram.Observe(i % 60);
        counter.Add(2);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.Value(), 400'000);
  EXPECT_EQ(histogram.Collect().histogram.sample_count, 200'000);
  EXPECT_EQ(histogram.Collect().histogram.bucket.back().cumulative_count, 200'000);
}

}  // namespace
}  // namespace parzen::metrics
