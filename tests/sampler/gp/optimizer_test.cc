#include "sampler/gp/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>

namespace parzen::gp {
namespace {

double Rosenbrock(const Eigen::VectorXd& x, Eigen::VectorXd* gradient) {
  const double a = 1 - x[0], b = x[1] - x[0] * x[0];
  gradient->resize(2);
  *gradient << -2 * a - 400 * x[0] * b, 200 * b;
  return a * a + 100 * b * b;
}

TEST(MinimizeInBox, FindsTheMinimumInside) {
  Eigen::VectorXd start(2);
  start << -1.2, 1;
  BoxMinimizerOptions options;
  options.max_evaluations = 300;
  options.value_tolerance = 0;
  const BoxMinimum minimum =
      MinimizeInBox(Rosenbrock, start, Eigen::VectorXd::Constant(2, -2), Eigen::VectorXd::Constant(2, 2), options);
  EXPECT_NEAR(minimum.x[0], 1, 1e-4);
  EXPECT_NEAR(minimum.x[1], 1, 1e-4);
}

TEST(MinimizeInBox, FindsTheMinimumOnTheBorder) {
  // With x <= 0.5 the minimum is at (0.5, 0.25).
  Eigen::VectorXd start(2), upper(2);
  start << -1.2, 1;
  upper << 0.5, 2;
  BoxMinimizerOptions options;
  options.max_evaluations = 300;
  options.value_tolerance = 0;
  const BoxMinimum minimum = MinimizeInBox(Rosenbrock, start, Eigen::VectorXd::Constant(2, -2), upper, options);
  EXPECT_EQ(minimum.x[0], 0.5);
  EXPECT_NEAR(minimum.x[1], 0.25, 1e-4);
}

TEST(MinimizeInBox, KeepsItsBudgetAndNeverGetsWorse) {
  Eigen::VectorXd start(2), gradient;
  start << -1.2, 1;
  int evaluations = 0;
  const auto counted = [&](const Eigen::VectorXd& x, Eigen::VectorXd* g) {
    ++evaluations;
    return Rosenbrock(x, g);
  };
  BoxMinimizerOptions options;
  options.max_evaluations = 7;
  const BoxMinimum minimum =
      MinimizeInBox(counted, start, Eigen::VectorXd::Constant(2, -2), Eigen::VectorXd::Constant(2, 2), options);
  EXPECT_LE(evaluations, 7);
  EXPECT_EQ(minimum.evaluations, evaluations);
  EXPECT_LE(minimum.value, Rosenbrock(start, &gradient));
}

TEST(MinimizeInBox, StepsBackFromWhatIsNotFinite) {
  const auto wall = [](const Eigen::VectorXd& x, Eigen::VectorXd* gradient) {
    *gradient = Eigen::VectorXd::Constant(1, 1 - 1 / x[0]);
    return x[0] <= 0 ? NAN : x[0] - std::log(x[0]);
  };
  BoxMinimizerOptions options;
  options.first_step = 10;
  const BoxMinimum minimum = MinimizeInBox(wall, Eigen::VectorXd::Constant(1, 3), Eigen::VectorXd::Constant(1, -5),
                                           Eigen::VectorXd::Constant(1, 5), options);
  EXPECT_NEAR(minimum.x[0], 1, 1e-3);
}

}  // namespace
}  // namespace parzen::gp
