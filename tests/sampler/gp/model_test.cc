#include "sampler/gp/model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/sampler/gp/finite_differences.h"

namespace parzen::gp {
namespace {

struct Data {
  Eigen::MatrixXd points;
  Eigen::VectorXd outputs;
};

// sin(3 x) + y / 2 and a category that adds its index / 2.
Data MixedData(Eigen::Index n, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<double> uniform;
  Data data{Eigen::MatrixXd(n, 3), Eigen::VectorXd(n)};
  for (double& x : data.points.reshaped()) x = uniform(generator);
  data.points.col(2) = (data.points.col(2).array() * 3).floor();
  data.outputs = (3 * data.points.col(0).array()).sin() + 0.5 * data.points.col(1).array() + 0.5 * data.points.col(2).array();
  return data;
}

const Kernel kMixed(KernelShape::kMatern52, {false, false, true});

// The values that mpmath gives with 60 digits for three points, length-scales 0.5 and 0.8, amplitude 1.5, noise 0.01, and the
// best constant m = -0.0557.
struct ThreePoints {
  ThreePoints() : kernel(KernelShape::kMatern52, {false, false}), points(3, 2), outputs(3) {
    points << 0.1, 0.2, 0.5, 0.9, 0.8, 0.4;
    outputs << -1.2, 0.3, 0.9;
    h.log_scales.resize(2);
    h.log_scales << std::log(0.5), std::log(0.8);
    h.log_amplitude = std::log(1.5);
    h.log_noise = std::log(0.01);
    // Priors centered where the hyperparameters are add nothing.
    prior.mean_variance = 1;
    prior.noise.center = h.log_noise;
    prior.amplitude.center = h.log_amplitude;
    prior.length_scale = {0, 1e150};  // as good as flat
  }
  Kernel kernel;
  ModelPrior prior;
  Eigen::MatrixXd points;
  Eigen::VectorXd outputs;
  Hyperparameters h;
};

TEST(LogPosterior, AgreesWithHighPrecision) {
  const ThreePoints t;
  const LogPosterior log_posterior(t.kernel, t.prior, t.points, t.outputs);
  EXPECT_NEAR(log_posterior(ToTheta(t.h), nullptr), -1.3758455593663640153, 1e-13);
}

TEST(Posterior, AgreesWithHighPrecision) {
  const ThreePoints t;
  Posterior posterior(t.kernel, t.prior);
  posterior.SetPoints(t.h, t.points, 3);
  posterior.SetOutputs(t.outputs);
  EXPECT_NEAR(posterior.means()[0], -0.055704581177624026695, 1e-14);
  Eigen::MatrixXd at(1, 2), mean;
  at << 0.3, 0.6;
  Eigen::VectorXd variance;
  posterior.Predict(at, &mean, &variance);
  EXPECT_NEAR(mean(0, 0), -0.41355197527952552057, 1e-13);
  EXPECT_NEAR(variance[0], 0.24464644780047970795, 1e-13);
  EXPECT_NEAR(posterior.Means(at)(0, 0), mean(0, 0), 1e-14);
}

// With and without main effects.
class Forms : public testing::TestWithParam<bool> {
 protected:
  const ModelPrior prior = PriorFor(3, GetParam());
};
INSTANTIATE_TEST_SUITE_P(, Forms, testing::Bool());

TEST_P(Forms, GradientOfTheLogPosteriorAgreesWithDifferences) {
  const Data data = MixedData(40, 1);
  const LogPosterior log_posterior(kMixed, prior, data.points, data.outputs);
  for (double shift : {-0.5, 0.0, 0.7}) {
    Eigen::VectorXd theta = ToTheta(PriorCenter(prior, 3)).array() + shift, gradient;
    theta[1] += 0.4;
    theta[3] = -4;
    EXPECT_EQ(theta.size(), GetParam() ? 6 : 5);
    const double value = log_posterior(theta, &gradient);
    EXPECT_EQ(value, log_posterior(theta, nullptr));
    ExpectGradient([&](const Eigen::VectorXd& at) { return log_posterior(at, nullptr); }, theta, gradient, 1e-6);
  }
}

TEST_P(Forms, FitFindsAStationaryPointAndWhichInputMatters) {
  const Data data = MixedData(60, 2);
  Eigen::VectorXd outputs = data.outputs;
  outputs = (6 * data.points.col(0).array()).sin();  // inputs 1 and 2 do nothing
  const FitResult fit = Fit(kMixed, prior, data.points, outputs, PriorCenter(prior, 3), true, 200);
  const LogPosterior log_posterior(kMixed, prior, data.points, outputs);
  Eigen::VectorXd gradient;
  EXPECT_EQ(log_posterior(ToTheta(fit.hyperparameters), &gradient), fit.log_posterior);
  EXPECT_GT(fit.log_posterior, log_posterior(ToTheta(PriorCenter(prior, 3)), nullptr));
  EXPECT_GT(fit.hyperparameters.log_scales[1], fit.hyperparameters.log_scales[0] + 1);
  EXPECT_GT(fit.hyperparameters.log_scales[2], fit.hyperparameters.log_scales[0] + 1);
}

TEST(Fit, MainEffectsLearnASumFromFewPoints) {
  std::mt19937_64 generator(6);
  std::uniform_real_distribution<double> uniform;
  Eigen::MatrixXd points(40, 6), others(200, 6);
  for (double& x : points.reshaped()) x = uniform(generator);
  for (double& x : others.reshaped()) x = uniform(generator);
  const auto sums = [](const Eigen::MatrixXd& at) -> Eigen::VectorXd { return (6 * at.array()).sin().rowwise().sum(); };
  const auto error = [&](bool main_effects) {
    const ModelPrior prior = PriorFor(6, main_effects);
    const Kernel kernel(KernelShape::kMatern52, std::vector<bool>(6, false));
    const FitResult fit = Fit(kernel, prior, points, sums(points), PriorCenter(prior, 6), true, 200);
    Posterior posterior(kernel, prior);
    posterior.SetPoints(fit.hyperparameters, points, 40);
    posterior.SetOutputs(sums(points));
    return (posterior.Means(others).col(0) - sums(others)).norm();
  };
  EXPECT_LT(error(true), 0.5 * error(false));
}

TEST_P(Forms, GradientsOfThePosteriorAgreeWithDifferencesForEveryOutput) {
  const Data data = MixedData(30, 3);
  Posterior posterior(kMixed, prior);
  posterior.SetPoints(PriorCenter(prior, 3), data.points, 20);
  Eigen::MatrixXd outputs(30, 2);
  outputs << data.outputs, data.outputs.array().square();
  posterior.SetOutputs(outputs);
  Eigen::VectorXd at(3), mean, variance_gradient;
  at << 0.4, 0.6, 1;
  Eigen::MatrixXd mean_gradient;
  double variance;
  posterior.PredictOne(at, &mean, &variance, &mean_gradient, &variance_gradient);
  const auto predict = [&](const Eigen::VectorXd& numeric, int what) {
    Eigen::MatrixXd row(1, 3), m;
    row << numeric[0], numeric[1], 1;
    Eigen::VectorXd v;
    posterior.Predict(row, &m, &v);
    return what < 2 ? m(0, what) : v[0];
  };
  const Eigen::VectorXd numeric = at.head(2);
  ExpectGradient([&](const Eigen::VectorXd& x) { return predict(x, 0); }, numeric, mean_gradient.col(0).head(2), 1e-7);
  ExpectGradient([&](const Eigen::VectorXd& x) { return predict(x, 1); }, numeric, mean_gradient.col(1).head(2), 1e-7);
  ExpectGradient([&](const Eigen::VectorXd& x) { return predict(x, 2); }, numeric, variance_gradient.head(2), 1e-7);
  EXPECT_EQ(variance_gradient[2], 0);
  Eigen::VectorXd mean_only;
  Eigen::MatrixXd gradient_only;
  posterior.MeanOne(at, &mean_only, &gradient_only);
  EXPECT_EQ(mean_only, mean);
  EXPECT_LT((gradient_only - mean_gradient).cwiseAbs().maxCoeff(), 1e-12);
}

TEST_P(Forms, PosteriorIsTheSameToTheBitWhateverItHeldBefore) {
  const Data data = MixedData(90, 4);
  const Hyperparameters h = PriorCenter(prior, 3);
  Posterior fresh(kMixed, prior), used(kMixed, prior);
  for (Eigen::Index n = 50; n < 90; n += 3) {
    Eigen::MatrixXd with_running(n + 2, 3);
    with_running << data.points.topRows(n), data.points.bottomRows(2);
    used.SetPoints(h, with_running, 50);
    used.SetPoints(h, data.points.topRows(n), 50);
  }
  used.SetPoints(h, data.points, 50);
  used.SetOutputs(data.outputs);
  fresh.SetPoints(h, data.points, 50);
  fresh.SetOutputs(data.outputs);
  Eigen::MatrixXd used_mean, fresh_mean;
  Eigen::VectorXd used_variance, fresh_variance;
  const Eigen::MatrixXd at = MixedData(11, 5).points;
  used.Predict(at, &used_mean, &used_variance);
  fresh.Predict(at, &fresh_mean, &fresh_variance);
  EXPECT_EQ(used_mean, fresh_mean);
  EXPECT_EQ(used_variance, fresh_variance);
}

TEST_P(Forms, EqualPointsAndEqualOutputsAreNoTrouble) {
  const Eigen::MatrixXd points = Eigen::MatrixXd::Constant(12, 3, 0.5);
  const Eigen::VectorXd outputs = Eigen::VectorXd::Zero(12);
  const FitResult fit = Fit(kMixed, prior, points, outputs, PriorCenter(prior, 3), true, 60);
  EXPECT_TRUE(ToTheta(fit.hyperparameters).allFinite());
  Posterior posterior(kMixed, prior);
  posterior.SetPoints(fit.hyperparameters, points, 12);
  posterior.SetOutputs(outputs);
  Eigen::MatrixXd mean;
  Eigen::VectorXd variance;
  posterior.Predict(points.topRows(1), &mean, &variance);
  EXPECT_TRUE(mean.allFinite());
  EXPECT_GT(variance[0], 0);
}

}  // namespace
}  // namespace parzen::gp
