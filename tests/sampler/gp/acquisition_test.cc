#include "sampler/gp/acquisition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "sampler/gp/expected_improvement.h"
#include "tests/sampler/gp/finite_differences.h"

namespace parzen::gp {
namespace {

// From mpmath with 60 digits: z, log(phi(z) + z Phi(z)), log Phi(z). Phi(-37.05) is below 1e-300.
constexpr double kExact[][3] = {
    {10.0, 2.302585092994045684, -7.619853024160526066e-24}, {1.0, 0.080026218849306940029, -0.17275377902344988953},
    {0.0, -0.91893853320467274178, -0.69314718055994530942}, {-1.0, -2.4851210257126413368, -1.8410216450092635058},
    {-2.9, -7.520846492887873521, -6.2840582349474187035},   {-3.0, -7.8696860596030285171, -6.6077262215103495433},
    {-3.1, -8.2273293935727489144, -6.9406884584212278183},  {-5.0, -16.744301162660990143, -15.064998393988725736},
    {-10.0, -55.553122036122355927, -53.231285150512470578}, {-20.0, -206.91783850942509785, -203.91715537109726394},
    {-37.0, -692.64296016327040574, -689.0305855768905936},  {-100.0, -5010.1295788002497923, -5005.5242086942050886},
    {-1e6, -500000000028.54995965, -500000000014.73444909}};

TEST(LogH, AgreesWithHighPrecision) {
  for (const auto& [z, log_h, log_cdf] : kExact) {
    EXPECT_NEAR(LogH(z), log_h, 1e-13 * std::max(1.0, std::abs(log_h))) << z;
    EXPECT_NEAR(LogNormalCdf(z), log_cdf, 1e-13 * std::max(1.0, std::abs(log_cdf))) << z;
  }
}

// For z < 0, h(z) = phi(z) * integral over u > 0 of u exp(z u - u^2 / 2): Simpson's rule on a range where the integrand is not
// negligible.
double LogHByQuadrature(double z) {
  const double end = 40.0 / (1.0 + std::abs(z));
  const int intervals = 20'000;
  const double step = end / intervals;
  long double sum = 0;
  for (int i = 0; i <= intervals; ++i) {
    const long double u = step * i, weight = i == 0 || i == intervals ? 1 : i % 2 == 1 ? 4 : 2;
    sum += weight * u * std::exp(static_cast<long double>(z) * u - u * u / 2);
  }
  return static_cast<double>(std::log(sum * step / 3) - static_cast<long double>(z) * z / 2 - 0.91893853320467274178L);
}

TEST(LogExpectedImprovement, AgreesWithQuadratureToImprobableImprovements) {
  for (double z : {-0.5, -2.0, -2.999, -3.001, -8.0, -20.0, -37.05, -60.0}) {
    const double deviation = 0.3, mean = 1.7, incumbent = mean + z * deviation;
    const double expected = std::log(deviation) + LogHByQuadrature(z);
    EXPECT_NEAR(LogExpectedImprovement(mean, deviation * deviation, incumbent).value, expected, 1e-9 * std::abs(expected)) << z;
  }
}

TEST(LogExpectedImprovement, DerivativesAgreeWithDifferences) {
  for (double incumbent : {2.0, 0.1, -0.8, -9.0, -12.0}) {
    Eigen::VectorXd at(2), gradient(2);
    at << 0.2, 0.09;  // mean, variance
    const LogEi ei = LogExpectedImprovement(at[0], at[1], incumbent);
    gradient << ei.by_mean, ei.by_variance;
    ExpectGradient([&](const Eigen::VectorXd& x) { return LogExpectedImprovement(x[0], x[1], incumbent).value; }, at, gradient,
                   1e-6, 1e-6);
  }
}

TEST(LogNormalCdf, SlopeAgreesWithDifferences) {
  for (double z : {2.0, 0.0, -2.99, -3.01, -12.0, -40.0}) {
    double slope;
    LogNormalCdf(z, &slope);
    ExpectGradient([](const Eigen::VectorXd& x) { return LogNormalCdf(x[0]); }, Eigen::VectorXd::Constant(1, z),
                   Eigen::VectorXd::Constant(1, slope), 1e-7);
  }
}

class Acquisitions : public testing::Test {
 protected:
  Acquisitions()
      : kernel_(KernelShape::kMatern52, {false, false}), prior_(PriorFor(2)), first_(kernel_, prior_), second_(kernel_, prior_) {
    std::mt19937_64 generator(1);
    std::uniform_real_distribution<double> uniform;
    Eigen::MatrixXd points(15, 2);
    for (double& x : points.reshaped()) x = uniform(generator);
    outputs_.resize(15, 3);
    for (double& y : outputs_.reshaped()) y = uniform(generator);
    for (Posterior* posterior : {&first_, &second_}) posterior->SetPoints(PriorCenter(prior_, 2), points, 15);
    first_.SetOutputs(outputs_);
    second_.SetOutputs(1 - outputs_.array().square());
  }

  // Batch values, single values and gradients agree with each other.
  void Check(const Acquisition& acquisition) {
    Eigen::MatrixXd at(3, 2);
    at << 0.21, 0.83, 0.5, 0.5, 0.9, 0.05;
    const Eigen::VectorXd values = acquisition.Values(at);
    for (Eigen::Index i = 0; i < 3; ++i) {
      Eigen::VectorXd gradient;
      const Eigen::VectorXd x = at.row(i);
      EXPECT_NEAR(acquisition.ValueAndGradient(x, &gradient), values[i], 1e-10);
      ExpectGradient([&](const Eigen::VectorXd& y) { return acquisition.Values(y.transpose())[0]; }, x, gradient, 1e-5, 1e-6);
    }
  }

  Kernel kernel_;
  ModelPrior prior_;
  Posterior first_, second_;
  Eigen::MatrixXd outputs_;
};

TEST_F(Acquisitions, ExpectedImprovementOverDraws) {
  Check(ExpectedImprovement(first_, outputs_.colwise().minCoeff().transpose()));
  Check(ExpectedImprovement(first_, Eigen::VectorXd::Constant(3, -4.0)));
}

TEST_F(Acquisitions, Feasibility) {
  second_.SetOutputs(outputs_.col(0));
  Check(ProbabilityOfFeasibility(second_, 0.2));
}

TEST_F(Acquisitions, ScalarizedImprovement) {
  Eigen::VectorXd weights(2), incumbents(3);
  weights << 0.3, 0.7;
  incumbents << 0.4, 0.5, -0.6;
  Eigen::MatrixXd normals(2, 3);
  normals << 0.1, -0.5, 1.2, 0.7, -1.0, 0.3;
  Check(ScalarizedImprovement({&first_, &second_}, weights, incumbents, normals));
}

TEST_F(Acquisitions, ProductAddsLogarithms) {
  second_.SetOutputs(outputs_.col(0));
  AcquisitionProduct product;
  product.Add(std::make_unique<ExpectedImprovement<Posterior>>(first_, Eigen::VectorXd::Constant(3, 0.1)));
  product.Add(std::make_unique<ProbabilityOfFeasibility>(second_, 0.2));
  Check(product);
}

TEST(Scalarize, IsTheWorstWeightedObjectiveAndALittleOfAll) {
  Eigen::VectorXd weights(2), objectives(2);
  weights << 0.5, 0.5;
  objectives << 2, -1;
  EXPECT_DOUBLE_EQ(Scalarize(weights, objectives), 1.0 + 0.05 * 0.5);
}

}  // namespace
}  // namespace parzen::gp
