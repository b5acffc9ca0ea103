#include "sampler/gp/transform.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace parzen::gp {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(OutputTransform, Standardizes) {
  for (double warp : {0.0, 1.0, 0.1}) {
    const std::vector<double> losses = {3, 1, 4, 1, 5, 2.6};
    const Eigen::VectorXd outputs = OutputTransform(losses, warp).Apply(losses);
    EXPECT_NEAR(outputs.mean(), 0, 1e-12);
    EXPECT_NEAR(outputs.squaredNorm() / 6, 1, 1e-12);
    EXPECT_GT(outputs[0], outputs[1]);
    EXPECT_GT(outputs[4], outputs[2]);
  }
}

TEST(OutputTransform, AWarpSpreadsTheBestAndCompressesTheRest) {
  const std::vector<double> losses = {1, 2, 10, 20, 30};
  const OutputTransform plain(losses, 0), warped(losses, 0.1);
  EXPECT_GT((warped(2) - warped(1)) / (warped(30) - warped(20)), 3 * (plain(2) - plain(1)) / (plain(30) - plain(20)));
}

// Most trials on one plateau, the best yet: the differences to it stay as visible as without its repetitions.
TEST(OutputTransform, APlateauHidesNoDifferences) {
  std::vector<double> losses = {0.05, 0.06, 0.07, 0.08, 0.9, 0.95};
  const OutputTransform few(losses, 0.1);
  losses.insert(losses.end(), 20, 0.05);
  const OutputTransform many(losses, 0.1);
  EXPECT_NEAR((many(0.06) - many(0.05)) / (many(0.9) - many(0.05)), (few(0.06) - few(0.05)) / (few(0.9) - few(0.05)), 1e-12);
  EXPECT_GT((many(0.06) - many(0.05)) / (many(0.9) - many(0.05)), 0.1);
}

TEST(OutputTransform, IsReversible) {
  const std::vector<double> losses = {1, 2, 10, 20, 30};
  for (double warp : {0.0, 0.3}) {
    const OutputTransform transform(losses, warp);
    for (double y : losses) EXPECT_NEAR(transform.Inverse(transform(y)), y, 1e-10);
  }
}

TEST(OutputTransform, TakesTheInfiniteAsTheWorst) {
  const std::vector<double> losses = {1, 2, kInfinity, 3, -kInfinity};
  const Eigen::VectorXd outputs = OutputTransform(losses, 0).Apply(losses);
  EXPECT_TRUE(outputs.allFinite());
  EXPECT_EQ(outputs[2], outputs[3]);
  EXPECT_EQ(outputs[4], outputs[0]);
}

TEST(OutputTransform, SurvivesEqualOnlyInfiniteAndHugeLosses) {
  for (const std::vector<double>& losses :
       {std::vector<double>{5}, {7, 7, 7}, {kInfinity, kInfinity}, {-1.7e308, 1.7e308, 0}, {1e-320, 0}, {-kInfinity, 3}}) {
    for (double warp : {0.0, 0.03}) {
      const OutputTransform transform(losses, warp);
      EXPECT_TRUE(transform.Apply(losses).allFinite()) << losses[0];
      EXPECT_TRUE(std::isfinite(transform.LogJacobian())) << losses[0];
    }
  }
}

TEST(OutputTransform, ClipsOutliersOfLossesOnly) {
  const std::vector<double> losses = {1, 2, 3, 4, 5, 1e9};
  EXPECT_LT(OutputTransform(losses, 0)(1e9), 4);
  EXPECT_EQ(OutputTransform(losses, 0)(1e9), OutputTransform(losses, 0)(1e8));
  EXPECT_GT(OutputTransform(losses, 0, 0.0)(1e9), OutputTransform(losses, 0, 0.0)(1e8));
}

// d log(transformed) / d(loss) by differences, summed: what LogJacobian is up to a constant that all warps share.
TEST(OutputTransform, LogJacobianIsTheChangeOfVolume) {
  const std::vector<double> losses = {1, 2, 4, 7, 11};
  const auto by_differences = [&](const OutputTransform& transform) {
    double sum = 0;
    for (double y : losses) {
      const double inside = std::min(std::max(y, 1 + 1e-6), 11 - 1e-6), step = 1e-7;
      sum += std::log((transform(inside + step) - transform(inside - step)) / (2 * step));
    }
    return sum;
  };
  const OutputTransform plain(losses, 0), warped(losses, 0.3);
  EXPECT_NEAR(warped.LogJacobian() - plain.LogJacobian(), by_differences(warped) - by_differences(plain), 1e-4);
}

}  // namespace
}  // namespace parzen::gp
