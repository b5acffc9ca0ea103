#include "sampler/pruner/running_quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace parzen::pruner {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// numpy.nanpercentile of sorted numbers, written out.
double Sorted(const std::vector<double>& sorted, double q) {
  const double position = static_cast<double>(sorted.size() - 1) * q;
  if (position >= static_cast<double>(sorted.size() - 1)) return sorted.back() - (sorted.back() - sorted.back());
  const double a = sorted[static_cast<size_t>(position)], b = sorted[static_cast<size_t>(position) + 1];
  const double t = position - std::floor(position);
  return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}

TEST(RunningQuantileTest, IsTheQuantileOfAllThatWereAdded) {
  std::mt19937 random(7);
  for (const double q : {0.0, 1.0, 0.5, 0.25, 0.333, 0.999, 1e-12, 1 - 1e-12}) {
    RunningQuantile quantile;
    std::vector<double> sorted;
    for (int i = 0; i < 2000; ++i) {
      const double value = i % 3 == 0 ? static_cast<double>(random() % 7) : std::normal_distribution<>()(random);
      quantile.Add(value, q);
      sorted.insert(std::lower_bound(sorted.begin(), sorted.end(), value), value);
      ASSERT_EQ(quantile.Value(q), Sorted(sorted, q)) << q << " of " << i + 1;
    }
    EXPECT_EQ(quantile.size(), sorted.size());
  }
}

TEST(RunningQuantileTest, InfinitiesSubtractToNanAsInNumPy) {
  RunningQuantile quantile;
  EXPECT_TRUE(std::isnan(quantile.Value(0.5)));
  quantile.Add(kInfinity, 0.5);
  EXPECT_TRUE(std::isnan(quantile.Value(0.5)));  // inf - (inf - inf) * ..
  quantile.Add(1, 0.5);
  EXPECT_TRUE(std::isnan(quantile.Value(0.5)));  // inf - inf * 0.5
  quantile.Add(0, 0.5);
  EXPECT_TRUE(std::isnan(quantile.Value(0.5)));  // 1 + (inf - 1) * 0
  quantile.Add(-1, 0.5);
  EXPECT_EQ(quantile.Value(0.5), 0.5);
}

}  // namespace
}  // namespace parzen::pruner
