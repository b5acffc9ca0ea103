#include "sampler/gp/main_effects.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/sampler/gp/finite_differences.h"

namespace parzen::gp {
namespace {

// Three columns, the second one categorical.
const Kernel kKernel(KernelShape::kMatern52, {false, true, false});

Eigen::MatrixXd Points(Eigen::Index n, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<double> uniform;
  Eigen::MatrixXd points(n, 3);
  for (double& x : points.reshaped()) x = uniform(generator);
  points.col(1) = (points.col(1).array() * 3).floor();
  return points;
}

Eigen::VectorXd Scales() {
  Eigen::VectorXd scales(3);
  scales << 0.3, 1.4, 0.9;
  return scales;
}

TEST(MainEffects, AreTheMeanOfTheColumnsOwnKernels) {
  const Eigen::MatrixXd a = Points(7, 1), b = Points(4, 2);
  Eigen::MatrixXd expected = Eigen::MatrixXd::Zero(7, 4);
  for (Eigen::Index c = 0; c < 3; ++c) {
    const Kernel one(KernelShape::kMatern52, {kKernel.categorical()[static_cast<size_t>(c)]});
    expected += one.Correlations(a.col(c), b.col(c), Scales().segment(c, 1)) / 3;
  }
  EXPECT_LT((MainEffects(kKernel).Correlations(a, b, Scales()) - expected).cwiseAbs().maxCoeff(), 1e-15);
}

TEST(MainEffects, PointsThatAgreeInOneColumnStayCorrelatedHoweverFarApart) {
  const Kernel kernel(KernelShape::kMatern52, {false, false});
  Eigen::MatrixXd points(2, 2);
  points << 0.5, 0, 0.5, 1;
  const Eigen::VectorXd scales = Eigen::VectorXd::Constant(2, 0.01);
  EXPECT_LT(kernel.Correlations(points, points, scales)(0, 1), 1e-9);
  EXPECT_NEAR(MainEffects(kernel).Correlations(points, points, scales)(0, 1), 0.5, 1e-9);
}

TEST(MainEffects, OnePointAgreesWithTheMatrixToTheBit) {
  const Eigen::MatrixXd points = Points(31, 3), at = Points(1, 4);
  const Eigen::VectorXd x = at.row(0), inverse_squared = Scales().array().square().inverse();
  Eigen::VectorXd k, with_gradients;
  Eigen::MatrixXd gradients;
  MainEffects(kKernel).Correlate(points, inverse_squared, x.data(), &k, nullptr);
  MainEffects(kKernel).Correlate(points, inverse_squared, x.data(), &with_gradients, &gradients);
  const Eigen::VectorXd expected = MainEffects(kKernel).Correlations(points, at, Scales()).col(0);
  EXPECT_EQ(k, expected);
  EXPECT_LT((with_gradients - expected).cwiseAbs().maxCoeff(), 1e-15);
}

TEST(MainEffects, GradientsAgreeWithDifferences) {
  const Eigen::MatrixXd points = Points(5, 5);
  const Eigen::VectorXd inverse_squared = Scales().array().square().inverse();
  Eigen::VectorXd at(3), k;
  at << 0.37, 1, 0.81;
  Eigen::MatrixXd gradients;
  MainEffects(kKernel).Correlate(points, inverse_squared, at.data(), &k, &gradients);
  EXPECT_EQ(gradients.col(1), Eigen::VectorXd::Zero(5));
  for (Eigen::Index row = 0; row < 5; ++row) {
    const auto correlation = [&](const Eigen::VectorXd& numeric) {
      const double x[] = {numeric[0], 1, numeric[1]};
      Eigen::VectorXd other;
      MainEffects(kKernel).Correlate(points, inverse_squared, x, &other, nullptr);
      return other[row];
    };
    Eigen::VectorXd numeric(2), gradient(2);
    numeric << at[0], at[2];
    gradient << gradients(row, 0), gradients(row, 2);
    ExpectGradient(correlation, numeric, gradient, 1e-7);
  }
}

TEST(MainEffects, PairsAgreeWithTheMatrixAndTheirSumsWithDifferences) {
  Eigen::MatrixXd points = Points(12, 6);
  points.col(2) = (points.col(2).array() * 4).floor() / 4;  // few values
  Eigen::MatrixXd weights = Eigen::MatrixXd::Random(12, 12);
  weights = (weights + weights.transpose()).eval();
  const Eigen::VectorXd log_scales = Scales().array().log();
  const MainEffects::Pairs pairs = MainEffects(kKernel).OfPairs(MainEffects(kKernel).DistancesOf(points), Scales());
  EXPECT_LT((pairs.correlations - MainEffects(kKernel).Correlations(points, points, Scales())).cwiseAbs().maxCoeff(), 1e-15);
  const auto sum = [&](const Eigen::VectorXd& at) {
    return weights.cwiseProduct(MainEffects(kKernel).Correlations(points, points, at.array().exp())).sum();
  };
  ExpectGradient(sum, log_scales, MainEffects::SumOverPairs(pairs, weights), 1e-7);
}

TEST(MainEffects, OfOnePointThereAreNoPairs) {
  const MainEffects::Pairs pairs = MainEffects(kKernel).OfPairs(MainEffects(kKernel).DistancesOf(Points(1, 7)), Scales());
  EXPECT_EQ(pairs.correlations, Eigen::MatrixXd::Ones(1, 1));
  EXPECT_EQ(MainEffects::SumOverPairs(pairs, Eigen::MatrixXd::Ones(1, 1)), Eigen::VectorXd::Zero(3));
}

}  // namespace
}  // namespace parzen::gp
