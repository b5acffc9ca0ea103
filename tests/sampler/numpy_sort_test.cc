#include "sampler/numpy_sort.h"

#include <algorithm>
#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sampler/numpy_random.h"

namespace parzen {
namespace {

using ::testing::ElementsAre;

// Arrays full of ties, RandomState(5).randint(0, values, size=size) one after the other, and the FNV-1a hashes of the orders that
// np.argsort of NumPy 2.4.6 gives for them on a processor with AVX-512, and with SIMD disabled.
struct Case {
  int size, values;
  uint64_t simd, scalar;
};
constexpr Case kCases[] = {
    {2, 1, 0x8328707b4eb6e3au, 0x8328707b4eb6e3au},      {3, 2, 0xd0a3991867273472u, 0xd0a3991867273472u},
    {7, 3, 0x95124c48c71262c2u, 0x95124c48c71262c2u},    {8, 2, 0x1d8ec56b0befb327u, 0x6d6e8a94d5748719u},
    {15, 4, 0x61714833735efc5cu, 0x760c0981006e05c6u},   {16, 3, 0x379b3aa8fa4324cdu, 0x9403337e32a87de3u},
    {17, 4, 0xc4c42c1eafbb1d1bu, 0xbdd5ecbdb2946371u},   {31, 5, 0xff824beba3ac6488u, 0xe5e2ab26fd13eee6u},
    {33, 6, 0x6ef104985e83accbu, 0xfa92df4c0856d61u},    {64, 8, 0x39f86727df00ae65u, 0xcd2143b37f58b663u},
    {65, 4, 0x63cd03ab7575fcb3u, 0x5af4f6e15d80ccb9u},   {100, 10, 0x6aab4079bb210efu, 0x21a2e6931d186077u},
    {129, 12, 0x35b92f360f481ba5u, 0x5029a7f36741b871u}, {200, 20, 0xb0751eb24e61c5f1u, 0xf7974722d61d1d2du},
    {255, 9, 0xf3c735b1a160396u, 0x9806461e570172c4u},   {256, 30, 0x28681f2642b98a11u, 0x25bcff4ff57b137u},
};

uint64_t Hash(const std::vector<int32_t>& order) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (int32_t index : order) hash = (hash ^ static_cast<uint64_t>(index)) * 0x100000001b3u;
  return hash;
}

TEST(NumpySortTest, OrdersTiesAsNumpyDoes) {
  NumpyRandom random(5);
  for (const Case& c : kCases) {
    std::vector<double> values(c.size);
    for (double& value : values) value = random.RandInt(c.values);
    EXPECT_EQ(Hash(ArgsortSimd(values)), c.simd) << c.size;
    EXPECT_EQ(Hash(ArgsortScalar(values)), c.scalar) << c.size;
  }
}

TEST(NumpySortTest, SmallOrdersWrittenOut) {
  const std::vector<double> values = {1, 0, 1, 0, 1, 0, 0};
  EXPECT_THAT(ArgsortScalar(values), ElementsAre(1, 3, 5, 6, 0, 2, 4));
  EXPECT_TRUE(ArgsortScalar(std::vector<double>()).empty());
  EXPECT_TRUE(ArgsortSimd(std::vector<double>()).empty());
  EXPECT_THAT(ArgsortSimd(std::vector<double>{3}), ElementsAre(0));
}

TEST(NumpySortTest, BothSortWhateverTheyAreGiven) {
  NumpyRandom random(11);
  for (int size : {0, 1, 2, 5, 16, 17, 100, 255, 256, 257, 1000, 5000}) {
    for (int kind = 0; kind < 4; ++kind) {
      std::vector<double> values(size);
      for (int i = 0; i < size; ++i) {
        // Ties; all different; organ pipe (bad for median of 3); infinities.
        if (kind == 0) values[i] = random.RandInt(7);
        if (kind == 1) values[i] = random.RandomSample();
        if (kind == 2) values[i] = std::min(i, size - i);
        if (kind == 3) values[i] = (random.RandInt(3) - 1.0) * std::numeric_limits<double>::infinity();
        if (values[i] != values[i]) values[i] = 0;
      }
      for (const std::vector<int32_t>& order : {ArgsortSimd(values), ArgsortScalar(values)}) {
        ASSERT_EQ(order.size(), values.size());
        EXPECT_TRUE(std::is_sorted(order.begin(), order.end(), [&](int32_t a, int32_t b) { return values[a] < values[b]; }));
        std::vector<int32_t> indices = order;
        std::sort(indices.begin(), indices.end());
        for (int i = 0; i < size; ++i) ASSERT_EQ(indices[i], i);
      }
    }
  }
}

TEST(NumpySortTest, BeyondTheNetworkTiesKeepTheirOrder) {
  std::vector<double> values(300);
  for (int i = 0; i < 300; ++i) values[i] = i % 3;
  const std::vector<int32_t> order = ArgsortSimd(values);
  for (int i = 1; i < 300; ++i) EXPECT_TRUE(values[order[i - 1]] < values[order[i]] || order[i - 1] < order[i]);
}

}  // namespace
}  // namespace parzen
