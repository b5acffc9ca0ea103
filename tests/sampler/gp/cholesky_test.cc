#include "sampler/gp/cholesky.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <random>

namespace parzen::gp {
namespace {

// A covariance of n points on a line, well conditioned.
Eigen::MatrixXd Covariance(Eigen::Index n, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<double> uniform;
  Eigen::VectorXd x(n);
  for (double& v : x) v = 10 * uniform(generator);
  Eigen::MatrixXd k(n, n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j) k(i, j) = std::exp(-std::abs(x[i] - x[j])) + (i == j ? 0.1 : 0.0);
  return k;
}

Eigen::MatrixXd Lower(const GrowingCholesky& factor) { return factor.L().triangularView<Eigen::Lower>(); }

TEST(FactorInPlace, GivesTheFactorAndTheDeterminant) {
  for (Eigen::Index n : {1, 2, 47, 48, 49, 130}) {
    const Eigen::MatrixXd k = Covariance(n, 1);
    Eigen::MatrixXd l = k;
    const double log_determinant = FactorInPlace(l);
    l = l.triangularView<Eigen::Lower>();
    EXPECT_LT((l * l.transpose() - k).cwiseAbs().maxCoeff(), 1e-13);
    EXPECT_NEAR(log_determinant, k.llt().matrixL().toDenseMatrix().diagonal().array().log().sum() * 2,
                1e-10 * static_cast<double>(n));
  }
}

TEST(FactorInPlace, SurvivesEqualRows) {
  Eigen::MatrixXd l = Eigen::MatrixXd::Ones(5, 5);
  EXPECT_TRUE(std::isfinite(FactorInPlace(l)));
  EXPECT_TRUE(l.triangularView<Eigen::Lower>().toDenseMatrix().allFinite());
}

TEST(GrowingCholesky, GrownAgreesWithFull) {
  const Eigen::MatrixXd k = Covariance(150, 2);
  GrowingCholesky grown, full;
  grown.SetBase(k.topLeftCorner(60, 60));
  for (Eigen::Index i = 60; i < 150; ++i) grown.Append(k.row(i).head(i).transpose(), k(i, i));
  full.SetBase(k);
  EXPECT_LT((Lower(grown) - Lower(full)).cwiseAbs().maxCoeff(), 1e-12);
}

TEST(GrowingCholesky, IsTheSameToTheBitHoweverItGrew) {
  const Eigen::MatrixXd k = Covariance(200, 3);
  GrowingCholesky straight;
  straight.SetBase(k.topLeftCorner(70, 70));
  for (Eigen::Index i = 70; i < 200; ++i) straight.Append(k.row(i).head(i).transpose(), k(i, i));
  // With rows of others in between, taken away again, and storage that grew at other sizes.
  GrowingCholesky winding;
  winding.SetBase(Covariance(190, 9));
  winding.SetBase(k.topLeftCorner(70, 70));
  for (Eigen::Index i = 70; i < 200; ++i) {
    for (Eigen::Index other = 0; other < 3; ++other) winding.Append(Eigen::VectorXd::Constant(winding.size(), 0.01), 1.0);
    winding.Truncate(i);
    winding.Append(k.row(i).head(i).transpose(), k(i, i));
  }
  EXPECT_EQ(Lower(straight), Lower(winding));
}

TEST(GrowingCholesky, Solves) {
  const Eigen::MatrixXd k = Covariance(80, 4);
  GrowingCholesky factor;
  factor.SetBase(k);
  Eigen::MatrixXd b = Eigen::MatrixXd::Identity(80, 3);
  factor.SolveLower(b);
  factor.SolveUpper(b);
  EXPECT_LT((k * b - Eigen::MatrixXd::Identity(80, 3)).cwiseAbs().maxCoeff(), 1e-12);
}

}  // namespace
}  // namespace parzen::gp
