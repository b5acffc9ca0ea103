// Many running trials: the latest are conditioned on, the others repel.

#include "sampler/gp/pending.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sampler/gp/failure_model.h"
#include "tests/sampler/gp/finite_differences.h"
#include "tests/sampler/gp/gp_study.h"

namespace parzen::gp {
namespace {

Hyperparameters Some() {
  Hyperparameters h;
  h.log_scales = Eigen::VectorXd::Constant(2, std::log(0.3));
  h.log_noise = std::log(0.01);
  h.log_amplitude = 0;
  return h;
}

Eigen::MatrixXd Rows(const std::vector<std::vector<double>>& points) {
  Eigen::MatrixXd rows(points.size(), 2);
  for (size_t i = 0; i < points.size(); ++i) rows.row(static_cast<Eigen::Index>(i)) << points[i][0], points[i][1];
  return rows;
}

TEST(PendingPenalty, LeavesTheShareOfTheVarianceThatOneObservationWould) {
  const Kernel kernel(KernelShape::kMatern52, {false, false});
  const Eigen::MatrixXd running = Rows({{0.5, 0.5}}), at = Rows({{0.5, 0.5}, {0.6, 0.4}, {0, 1}});
  Posterior posterior(kernel, PriorFor(2));
  posterior.SetPoints(Some(), running, 1);
  posterior.SetOutputs(Eigen::MatrixXd::Zero(1, 1));
  Eigen::MatrixXd mean;
  Eigen::VectorXd variance;
  posterior.Predict(at, &mean, &variance);
  const Eigen::VectorXd values = PendingPenalty(kernel, Some(), running).Values(at);
  for (Eigen::Index i = 0; i < at.rows(); ++i) EXPECT_NEAR(values[i], std::log(variance[i]), 1e-10) << i;
}

TEST(PendingPenalty, AddsUpAndHasItsGradient) {
  const Kernel kernel(KernelShape::kMatern52, {false, false});
  std::vector<std::vector<double>> points;
  for (int i = 0; i < 400; ++i) points.push_back({0.5 + 0.001 * i, 0.3});  // so many factors underflow unless they are watched
  const PendingPenalty penalty(kernel, Some(), Rows(points));
  const Eigen::MatrixXd at = Rows({{0.52, 0.31}, {0.1, 0.9}});
  const Eigen::VectorXd values = penalty.Values(at);
  for (Eigen::Index i = 0; i < at.rows(); ++i) {
    const Eigen::VectorXd x = at.row(i);
    Eigen::VectorXd gradient;
    EXPECT_NEAR(penalty.ValueAndGradient(x, &gradient), values[i], 1e-9 * std::abs(values[i]));
    EXPECT_TRUE(std::isfinite(values[i]));
    ExpectGradient([&](const Eigen::VectorXd& y) { return penalty.Values(y.transpose())[0]; }, x, gradient, 1e-5);
  }
}

TEST(FailureModel, ItsAcquisitionHasItsGradientAndFallsWhereTrialsFailed) {
  Study study(Floats(2));
  for (int i = 0; i < 20; ++i) {
    study.Add({0.05 * i, 0.5 + 0.02 * (i % 5)}, RowState::kRunning);
    if (i >= 14) {
      study.TellState(i, i % 2 == 0 ? RowState::kFailed : RowState::kInfeasible);
    } else {
      study.Tell(i, {1});
    }
  }
  const Encoding encoding(study.space());
  const Observations observations = ReadHistory(study.history(), encoding, 20, GpSampler::kAlgorithmVersion);
  FailureModel model(Kernel(KernelShape::kMatern52, {false, false}), 2);
  Fits fits;
  model.Condition(observations, &fits);
  EXPECT_GT(model.belief(), 0.9);
  const Acquisition& acquisition = model.acquisition();
  const Eigen::MatrixXd at = Rows({{0.2, 0.55}, {0.65, 0.55}, {0.9, 0.55}});
  const Eigen::VectorXd values = acquisition.Values(at);
  EXPECT_LT(values[2], values[0] - 10);
  for (Eigen::Index i = 0; i < at.rows(); ++i) {
    const Eigen::VectorXd x = at.row(i);
    Eigen::VectorXd gradient;
    EXPECT_NEAR(acquisition.ValueAndGradient(x, &gradient), values[i], 1e-9 * std::max(1.0, std::abs(values[i])));
    ExpectGradient([&](const Eigen::VectorXd& y) { return acquisition.Values(y.transpose())[0]; }, x, gradient, 1e-4);
  }
}

TEST(FailureModel, FailuresThatCannotBePredictedAreNotBelievedIn) {
  Study study(Floats(2));
  for (int i = 0; i < 40; ++i) {
    study.Add({std::fmod(0.618034 * i, 1.0), std::fmod(0.754878 * i, 1.0)}, RowState::kRunning);
    if (i % 10 == 7) {
      study.TellState(i, RowState::kFailed);
    } else {
      study.Tell(i, {1});
    }
  }
  const Encoding encoding(study.space());
  const Observations observations = ReadHistory(study.history(), encoding, 40, GpSampler::kAlgorithmVersion);
  FailureModel model(Kernel(KernelShape::kMatern52, {false, false}), 2);
  Fits fits;
  model.Condition(observations, &fits);
  EXPECT_LT(model.belief(), 0.3);
}

TEST(GpSampler, ManyAskedForAtOnceDifferAndSpread) {
  Study study(Floats(2));
  study.Run(20, Bowl);
  std::vector<Point> points;
  for (int i = 0; i < 150; ++i) {
    const Point point = study.Ask();
    for (const Point& other : points) EXPECT_FALSE(Same(point, other)) << i;
    points.push_back(point);
  }
  int far = 0;
  for (const Point& point : points) far += std::hypot(point[0] - 0.3, point[1] - 0.3) > 0.2;
  EXPECT_GT(far, 30);
}

}  // namespace
}  // namespace parzen::gp
