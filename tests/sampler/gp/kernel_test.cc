#include "sampler/gp/kernel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/sampler/gp/finite_differences.h"

namespace parzen::gp {
namespace {

Eigen::MatrixXd RandomPoints(Eigen::Index n, Eigen::Index d, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<double> uniform;
  Eigen::MatrixXd points(n, d);
  for (double& x : points.reshaped()) x = uniform(generator);
  return points;
}

TEST(ExpNonPositive, AgreesWithLongDouble) {
  for (double x : {0.0, -1e-300, -1e-9, -0.3, -0.6931471805599453, -1.0, -17.5, -123.456, -699.0}) {
    double e = x;
    ExpNonPositive(&e, 1);
    const long double exact = std::exp(static_cast<long double>(x));
    EXPECT_NEAR(static_cast<double>(e / exact), 1.0, 1e-15) << x;
  }
}

TEST(ExpNonPositive, DoesNotDependOnThePlaceInAnArray) {
  std::vector<double> many(37);
  for (size_t i = 0; i < many.size(); ++i) many[i] = -0.1 * static_cast<double>(i);
  std::vector<double> alone = many;
  ExpNonPositive(many.data(), static_cast<Eigen::Index>(many.size()));
  for (size_t i = 0; i < alone.size(); ++i) {
    ExpNonPositive(&alone[i], 1);
    EXPECT_EQ(alone[i], many[i]);
  }
}

// From mpmath with 60 digits: r^2, k, dk / d(r^2).
TEST(Kernel, Matern52AgreesWithHighPrecision) {
  const double expected[][3] = {{0.0, 1.0, -0.83333333333333333333},
                                {1e-12, 0.99999999999916666667, -0.83333333333125000311},
                                {0.01, 0.99175923617117762173, -0.81536006502213363742},
                                {1.0, 0.52399410883182031059, -0.28822019394264782689},
                                {4.0, 0.13866021913850427728, -0.052089677096159436805},
                                {100.0, 3.6956962220528724424e-8, -3.7860329756779620644e-9}};
  const Kernel kernel(KernelShape::kMatern52, {false});
  for (const auto& [r2, k, slope] : expected) {
    const Eigen::MatrixXd origin = Eigen::MatrixXd::Zero(1, 1), at = Eigen::MatrixXd::Constant(1, 1, std::sqrt(r2));
    Eigen::MatrixXd slopes;
    const Eigen::MatrixXd correlation = kernel.Correlations(origin, at, Eigen::VectorXd::Ones(1), &slopes);
    EXPECT_NEAR(correlation(0, 0) / k, 1.0, 1e-14);
    EXPECT_NEAR(slopes(0, 0) / slope, 1.0, 1e-14);
  }
}

TEST(Kernel, CategoriesDifferByOneWhateverTheirIndices) {
  const Kernel kernel(KernelShape::kMatern52, {true});
  Eigen::MatrixXd points(3, 1);
  points << 0, 1, 7;
  const Eigen::MatrixXd k = kernel.Correlations(points, points, Eigen::VectorXd::Constant(1, 2.0));
  EXPECT_EQ(k(0, 0), 1.0);
  EXPECT_EQ(k(0, 1), k(0, 2));
  EXPECT_EQ(k(0, 1), k(1, 2));
  const double r = 0.5, s = std::sqrt(5.0) * r;
  EXPECT_NEAR(k(0, 1), (1 + s + s * s / 3) * std::exp(-s), 1e-15);
}

class KernelShapes : public testing::TestWithParam<KernelShape> {};

TEST_P(KernelShapes, SlopeIsTheDerivativeOfTheCorrelation) {
  const Kernel kernel(GetParam(), {false});
  const Eigen::MatrixXd origin = Eigen::MatrixXd::Zero(1, 1);
  const auto k = [&](const Eigen::VectorXd& r2) {
    return kernel.Correlations(origin, Eigen::MatrixXd::Constant(1, 1, std::sqrt(r2[0])), Eigen::VectorXd::Ones(1))(0, 0);
  };
  for (double r2 : {0.01, 0.5, 3.0, 20.0}) {
    Eigen::MatrixXd slope;
    kernel.Correlations(origin, Eigen::MatrixXd::Constant(1, 1, std::sqrt(r2)), Eigen::VectorXd::Ones(1), &slope);
    ExpectGradient(k, Eigen::VectorXd::Constant(1, r2), slope.col(0), 1e-8);
  }
}

TEST_P(KernelShapes, SumOverPairsIsTheDerivativeByLogScales) {
  const Kernel kernel(GetParam(), {false, true, false});
  Eigen::MatrixXd points = RandomPoints(9, 3, 1);
  points.col(1) = (points.col(1).array() * 3).floor();
  Eigen::MatrixXd weights = RandomPoints(9, 9, 2);
  weights = (weights + weights.transpose()).eval();
  Eigen::VectorXd log_scales(3);
  log_scales << -1.0, 0.3, 0.8;
  const auto sum = [&](const Eigen::VectorXd& at) {
    return weights.cwiseProduct(kernel.Correlations(points, points, at.array().exp())).sum();
  };
  Eigen::MatrixXd slope;
  kernel.Correlations(points, points, log_scales.array().exp(), &slope);
  ExpectGradient(sum, log_scales, kernel.SumOverPairs(points, weights.cwiseProduct(slope), log_scales.array().exp()), 1e-7);
}

TEST_P(KernelShapes, OnePointAgreesWithTheMatrixToTheBit) {
  const Kernel kernel(GetParam(), {false, false, false});
  const Eigen::MatrixXd points = RandomPoints(31, 3, 3), at = RandomPoints(1, 3, 4);
  const Eigen::VectorXd scales = Eigen::VectorXd::Constant(3, 0.5), x = at.row(0);
  Eigen::VectorXd k, slope;
  kernel.Correlate(points, scales.array().square().inverse(), x.data(), &k, &slope);
  EXPECT_EQ(k, kernel.Correlations(points, at, scales).col(0));
}

INSTANTIATE_TEST_SUITE_P(Shapes, KernelShapes, testing::Values(KernelShape::kMatern52, KernelShape::kSquaredExponential));

}  // namespace
}  // namespace parzen::gp
