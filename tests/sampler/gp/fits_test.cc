#include "sampler/gp/fits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace parzen::gp {
namespace {

TEST(Schedule, HasEveryNumberAtFirstThenGrowingSteps) {
  for (int64_t n = 1; n <= 32; ++n) EXPECT_EQ(LastScheduled(n), n);
  int64_t last = 32;
  for (int64_t n = 33; n < 6'000; ++n) {
    const int64_t c = LastScheduled(n);
    EXPECT_LE(c, n);
    EXPECT_TRUE(c == last || c == n) << "a new number begins with itself";
    EXPECT_LE(n - c, std::min<int64_t>(64, n / 12));
    last = c;
  }
}

TEST(Schedule, AFitStartsFromAScheduledPowerOfTwo) {
  for (int64_t c = 1; c < 5'000; c = c < 40 ? c + 1 : LastScheduled(c + 64)) {
    const int64_t before = FitBefore(c);
    EXPECT_LT(before, c);
    EXPECT_TRUE(before == 0 || (before & (before - 1)) == 0) << before;
    EXPECT_EQ(before == 0, c <= 8);
  }
}

TEST(ChooseObservations, KeepsTheBetterHalfAndAFrame) {
  std::vector<double> values(100);
  for (size_t i = 0; i < 100; ++i) values[i] = static_cast<double>((i * 37) % 100);
  const std::vector<Eigen::Index> chosen = ChooseObservations(values, 100, 20);
  ASSERT_EQ(chosen.size(), 20u);
  EXPECT_TRUE(std::is_sorted(chosen.begin(), chosen.end()));
  EXPECT_EQ(std::adjacent_find(chosen.begin(), chosen.end()), chosen.end());
  int among_best = 0;
  for (Eigen::Index i : chosen) among_best += values[static_cast<size_t>(i)] < 10;
  EXPECT_EQ(among_best, 10);
  EXPECT_EQ(ChooseObservations(values, 15, 20).size(), 15u);
}

class FitsTest : public testing::Test {
 protected:
  FitsTest() : kernel_(KernelShape::kMatern52, {false, false}), prior_(PriorFor(2)), points_(40, 2) {
    std::mt19937_64 generator(1);
    std::uniform_real_distribution<double> uniform;
    for (double& x : points_.reshaped()) x = uniform(generator);
    for (Eigen::Index i = 0; i < 40; ++i) values_.push_back(std::exp(3 * points_(i, 0)) + points_(i, 1));
  }
  ScheduledFit At(Fits* fits, int64_t count) { return fits->At(kernel_, prior_, points_, values_, count, OutputKind::kLoss); }
  static void ExpectSame(const ScheduledFit& a, const ScheduledFit& b) {
    EXPECT_EQ(a.count, b.count);
    EXPECT_EQ(a.warp, b.warp);
    EXPECT_EQ(ToTheta(a.hyperparameters), ToTheta(b.hyperparameters));
  }

  Kernel kernel_;
  ModelPrior prior_;
  Eigen::MatrixXd points_;
  std::vector<double> values_;
};

TEST_F(FitsTest, AreTheSameWithAndWithoutTheEarlierOnes) {
  Fits all, alone;
  for (int64_t c = 1; c < 34; ++c) At(&all, c);
  ExpectSame(At(&all, 34), At(&alone, 34));
}

TEST_F(FitsTest, AreTheSameAfterSaveAndRestore) {
  Fits before, after;
  At(&before, 20);
  after.Restore(before.Save());
  EXPECT_EQ(before.Save(), after.Save());
  ExpectSame(At(&before, 33), At(&after, 33));
}

TEST_F(FitsTest, AChangedObservationIsAnotherFit) {
  Fits fits, fresh;
  At(&fits, 30);
  values_[3] += 100;
  ExpectSame(At(&fits, 30), At(&fresh, 30));
}

TEST_F(FitsTest, WithMainEffectsAreOthersAndAreKeptToo) {
  Fits fits, restored;
  const ScheduledFit without = At(&fits, 20);
  prior_ = PriorFor(2, true);
  const ScheduledFit with = At(&fits, 20);
  EXPECT_FALSE(without.hyperparameters.main_effects);
  ASSERT_TRUE(with.hyperparameters.main_effects);
  EXPECT_GT(with.hyperparameters.MainEffectsShare(), 0.5) << "the values are a sum of two functions";
  restored.Restore(fits.Save());
  EXPECT_EQ(restored.Save(), fits.Save());
  ExpectSame(At(&restored, 20), with);
  prior_ = PriorFor(2);
  ExpectSame(At(&restored, 20), without);
}

TEST_F(FitsTest, ForeignStateIsIgnored) {
  Fits fits, expected;
  At(&fits, 20);
  const std::string good = fits.Save();
  for (const std::string& state : {std::string(), std::string("nonsense that is long enough"), good.substr(0, good.size() - 3),
                                   good + "x", std::string(4'000, '\xff')}) {
    Fits other;
    other.Restore(state);
    ExpectSame(At(&other, 20), At(&expected, 20));
  }
}

}  // namespace
}  // namespace parzen::gp
