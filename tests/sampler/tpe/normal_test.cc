#include "sampler/tpe/normal.h"

#include <cmath>

#include "gtest/gtest.h"
#include "sampler/tpe/optuna_normal.h"
#include "sampler/trial_stream.h"

namespace parzen::tpe {
namespace {

// Expected values: mpmath with 60 digits.
struct MassCase {
  double a, b, log_mass;
};
constexpr MassCase kMasses[] = {
    {-40.0, -39.0, -765.08315656437754441},
    {-40.0, -39.999999999999, -828.5480961291238967},
    {39.0, 40.0, -765.08315656437754441},
    {39.5, 39.500000000001, -808.67309612916372085},
    {-40.0, 40.0, 0.0},
    {-0.5, 0.5, -0.95991633369562231933},
    {-1e-12, 1e-12, -27.856812468573275661},
    {3.0, 3.000001, -19.234450591028960755},
    {-20.0, -19.999, -207.81667731307500279},
    {12.0, 42.0, -75.410673001568795939},
    {-37.5, -37.49, -708.45577444022875146},
    {-6.0, 6.0, -1.9731752920221066466e-9},
    {0.0, 1e-12, -28.54995964913322097},
    {25.0, 50.0, -316.63940800802025894},
    {-8.3, -7.6000000000000005, -31.847229507932323271},
    {1.0, 2.0, -1.9957982691807553776},
};

struct QuantileCase {
  double q, a, b, x;
};
constexpr QuantileCase kQuantiles[] = {
    {0.5, -40.0, 40.0, 0.0},
    {0.1, -40.0, -39.0, -39.058957397329471409},
    {0.9, 39.0, 40.0, 39.058957397329471417},
    {0.25, 30.0, 31.0, 30.009577257491084983},
    {0.5, -1.0, 1.0, 0.0},
    {0.001, -3.0, 0.5, -2.8719076968205726087},
    {0.999, 2.0, 50.0, 4.0776137875526863784},
    {0.5, -40.0, -39.99999999998545, -39.999999999992724042},
    {0.3, -0.5, 0.5, -0.19316463921382325945},
    {1e-09, -5.0, 5.0, -4.9993285070251680351},
    {0.7, 10.0, 10.01, 10.006893563384146869},
    {0.2, -12.0, -11.98, -11.995597834730818594},
    {0.5, 5.0, 60.0, 5.1320183320442984583},
    {0.75, -1e-12, 1e-12, 4.9999999999999998994e-13},
};

TEST(NormalTest, LogMassFarOutAndForNarrowIntervals) {
  for (const MassCase& c : kMasses) {
    EXPECT_NEAR(LogMass(c.a, c.b), c.log_mass, 1e-14 * std::max(1.0, std::abs(c.log_mass))) << c.a << " " << c.b;
  }
}

TEST(NormalTest, QuantilesFarOutAndForNarrowIntervals) {
  for (const QuantileCase& c : kQuantiles) {
    EXPECT_NEAR(TruncatedQuantile(c.q, c.a, c.b), c.x, 4e-15 * std::max(1.0, std::abs(c.x))) << c.q << " " << c.a << " " << c.b;
  }
}

TEST(NormalTest, QuantilesLieInTheIntervalAndRise) {
  TrialStream stream(5, 0, "quantiles");
  for (int i = 0; i < 2000; ++i) {
    const double a = stream.Uniform() * 80 - 40, b = a + std::pow(10, stream.Uniform() * 14 - 12);
    double before = a;
    for (double q : {0.0, 1e-300, 1e-9, 0.1, 0.5, 0.9, 1 - 1e-9, 1.0}) {
      const double x = TruncatedQuantile(q, a, b);
      ASSERT_TRUE(a <= x && x <= b) << q << " " << a << " " << b << " " << x;
      ASSERT_GE(x, before - 1e-14 * std::abs(x));
      before = x;
    }
  }
}

TEST(NormalTest, EmptyIntervalsHaveNoMass) {
  EXPECT_EQ(LogMass(1, 1), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(LogNormalCdf(-std::numeric_limits<double>::infinity()), -std::numeric_limits<double>::infinity());
}

TEST(NormalTest, OptunasFormulasAgreeWhereTheyArePrecise) {
  TrialStream stream(6, 0, "masses");
  for (int i = 0; i < 2000; ++i) {
    const double a = stream.Uniform() * 40 - 20, b = a + 0.5 + stream.Uniform() * 5;
    EXPECT_NEAR(OptunaLogMass(a, b), LogMass(a, b), 1e-11 * std::max(1.0, std::abs(LogMass(a, b)))) << a << " " << b;
  }
}

}  // namespace
}  // namespace parzen::tpe
