#include "sampler/gp/encoding.h"

#include "gtest/gtest.h"

namespace parzen::gp {
namespace {

// low + k * step is 0.10000000000000009 there; suggestions went beyond the range by as much.
TEST(Encoding, TheLastValueOfAGridIsItsBound) {
  const auto space = SearchSpace::Create({{"x", FloatDistribution{-1, 0.1, false, 1e-5}, std::nullopt}});
  ASSERT_TRUE(space.ok()) << space.status();
  const Encoding encoding(*space);
  const Dimension& x = encoding.dimensions().at(0);
  EXPECT_EQ(x.FromUnit(1), 0.1);
  EXPECT_EQ(x.GridValue(1e9), 0.1);
  EXPECT_EQ(x.GridValue(-1), -1);
  for (double unit = 0; unit <= 1; unit += 1.0 / 1024) {
    EXPECT_TRUE(Contains((*space)[0].distribution, x.FromUnit(unit))) << unit;
  }
}

}  // namespace
}  // namespace parzen::gp
