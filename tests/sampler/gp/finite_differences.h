// Central differences, for tests of gradients.

#ifndef PARZEN_TESTS_SAMPLER_GP_FINITE_DIFFERENCES_H_
#define PARZEN_TESTS_SAMPLER_GP_FINITE_DIFFERENCES_H_

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <functional>

namespace parzen::gp {

// Expects each component of `gradient` to be the central difference of `function` at x, within `tolerance` relative to
// max(1, |difference|).
inline void ExpectGradient(const std::function<double(const Eigen::VectorXd&)>& function, const Eigen::VectorXd& x,
                           const Eigen::VectorXd& gradient, double tolerance, double step = 1e-5) {
  ASSERT_EQ(gradient.size(), x.size());
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    Eigen::VectorXd up = x, down = x;
    up[i] += step;
    down[i] -= step;
    const double difference = (function(up) - function(down)) / (2 * step);
    EXPECT_NEAR(gradient[i], difference, tolerance * std::max(1.0, std::abs(difference))) << "component " << i;
  }
}

}  // namespace parzen::gp

#endif  // PARZEN_TESTS_SAMPLER_GP_FINITE_DIFFERENCES_H_
