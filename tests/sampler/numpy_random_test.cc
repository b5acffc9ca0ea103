#include "sampler/numpy_random.h"

#include <array>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parzen {
namespace {

using ::testing::ElementsAre;

// Expected values: NumPy 2.4.6, np.random.RandomState.

TEST(NumpyRandomTest, WordsAfterAnIntegerSeed) {
  NumpyRandom random(12345);
  EXPECT_EQ(random.NextWord(), 3992670690u);
  EXPECT_EQ(random.NextWord(), 3823185381u);
  EXPECT_EQ(random.NextWord(), 1358822685u);
  EXPECT_EQ(random.NextWord(), 561383553u);
  EXPECT_EQ(random.position(), 4u);
}

TEST(NumpyRandomTest, RandomSampleAfterAnIntegerSeed) {
  NumpyRandom random(12345);
  EXPECT_EQ(random.RandomSample(), 0.9296160928171479);
  EXPECT_EQ(random.RandomSample(), 0.3163755545817859);
  EXPECT_EQ(random.RandomSample(), 0.18391881167709445);
}

TEST(NumpyRandomTest, RandomSampleAfterAnArraySeed) {
  const std::array<uint32_t, 2> key = {7, 1};
  NumpyRandom random(key);
  EXPECT_EQ(random.RandomSample(), 0.22550888929893187);
  EXPECT_EQ(random.RandomSample(), 0.35860096918797);
  EXPECT_EQ(random.RandomSample(), 0.7992331241239754);
}

TEST(NumpyRandomTest, ASeedBeyond32BitsIsTheArrayOfItsWords) {
  NumpyRandom random((uint64_t{1} << 32) + 7);
  EXPECT_EQ(random.RandomSample(), 0.22550888929893187);
}

TEST(NumpyRandomTest, Choice) {
  NumpyRandom random(0);
  const std::vector<double> weights = {.1, .2, .3, .15, .25};
  std::vector<int32_t> chosen(10);
  random.Choice(weights, chosen);
  EXPECT_THAT(chosen, ElementsAre(2, 3, 3, 2, 2, 3, 2, 4, 4, 2));
  EXPECT_EQ(random.RandomSample(), 0.7917250380826646);
}

TEST(NumpyRandomTest, RandInt) {
  NumpyRandom random(3);
  std::vector<uint32_t> drawn;
  for (int i = 0; i < 8; ++i) drawn.push_back(random.RandInt(10));
  EXPECT_THAT(drawn, ElementsAre(8, 9, 3, 8, 8, 0, 5, 3));
  EXPECT_EQ(random.RandomSample(), 0.8962930889334381);
}

TEST(NumpyRandomTest, ChoiceWithoutReplacement) {
  NumpyRandom random(3);
  EXPECT_THAT(random.ChoiceWithoutReplacement(10, 4), ElementsAre(5, 4, 1, 2));
  EXPECT_EQ(random.RandomSample(), 0.20724287813818676);
}

TEST(NumpyRandomTest, Uniform) { EXPECT_EQ(NumpyRandom(3).Uniform(-5, 3), -0.593616779403396); }

TEST(NumpyRandomTest, SeekGoesForwardAndBack) {
  NumpyRandom random(9);
  random.Seek(2000);
  EXPECT_EQ(random.position(), 2000u);
  EXPECT_EQ(random.RandomSample(), 0.8572333423957531);
  random.Seek(0);
  NumpyRandom fresh(9);
  for (int i = 0; i < 700; ++i) EXPECT_EQ(random.NextWord(), fresh.NextWord());
  random.Seek(2001);
  random.Seek(2000);
  EXPECT_EQ(random.RandomSample(), 0.8572333423957531);
}

}  // namespace
}  // namespace parzen
