#include "sampler/gp/hypervolume_improvement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/sampler/gp/finite_differences.h"

namespace parzen::gp {
namespace {

// Of the points below the reference; by the boxes that they leave, so that only differences of it count.
double Undominated(const Eigen::MatrixXd& front, const Eigen::VectorXd& reference, double floor) {
  const Boxes boxes = UndominatedBoxes(front, reference);
  double volume = 0;
  for (Eigen::Index b = 0; b < boxes.lower.cols(); ++b) {
    volume += (boxes.upper.col(b) - boxes.lower.col(b).cwiseMax(floor)).cwiseMax(0).prod();
  }
  return volume;
}

struct Case {
  Eigen::MatrixXd front;
  Eigen::VectorXd reference, means, variances;
};

std::vector<Case> Cases() {
  std::vector<Case> cases(3);
  cases[0].front.resize(2, 3);
  cases[0].front << 0.1, 0.4, 0.8,  //
      0.9, 0.5, 0.2;
  cases[0].means = Eigen::Vector2d(0.3, 0.6);
  cases[0].variances = Eigen::Vector2d(0.04, 0.09);
  cases[1].front.resize(3, 4);
  cases[1].front << 0.1, 0.4, 0.8, 0.6,  //
      0.9, 0.5, 0.2, 0.6,                //
      0.5, 0.6, 0.4, 0.1;
  cases[1].means = Eigen::Vector3d(0.5, 0.4, 0.5);
  cases[1].variances = Eigen::Vector3d(0.01, 0.04, 0.09);
  cases[2] = cases[0];
  cases[2].front.resize(2, 0);
  for (Case& c : cases) c.reference = Eigen::VectorXd::Constant(c.means.size(), 1.0);
  return cases;
}

TEST(HypervolumeBoxes, ValueIsWhatDrawsGainInTheMean) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  constexpr double kFloor = -3;
  for (const Case& c : Cases()) {
    const Eigen::Index k = c.means.size();
    const double before = Undominated(c.front, c.reference, kFloor);
    double sum = 0, squares = 0;
    constexpr int kDraws = 40'000;
    for (int i = 0; i < kDraws; ++i) {
      Eigen::MatrixXd with(k, c.front.cols() + 1);
      with.leftCols(c.front.cols()) = c.front;
      for (Eigen::Index j = 0; j < k; ++j) with(j, c.front.cols()) = c.means[j] + std::sqrt(c.variances[j]) * normal(random);
      const double gain = before - Undominated(with, c.reference, kFloor);
      sum += gain;
      squares += gain * gain;
    }
    const double mean = sum / kDraws, error = std::sqrt((squares / kDraws - mean * mean) / kDraws);
    const HypervolumeBoxes boxes(UndominatedBoxes(c.front, c.reference));
    EXPECT_NEAR(std::exp(boxes.Value(c.means, c.variances, nullptr, nullptr)), mean, 4 * error);
  }
}

TEST(HypervolumeBoxes, DerivativesAgreeWithDifferencesAlsoWhereImprovementIsImprobable) {
  for (const Case& c : Cases()) {
    const Eigen::Index k = c.means.size();
    const HypervolumeBoxes boxes(UndominatedBoxes(c.front, c.reference));
    for (double shift : {-0.5, 0.0, 0.7, 3.0}) {
      Eigen::VectorXd at(2 * k), gradient(2 * k), by_mean, by_variance;
      at << (c.means.array() + shift).matrix(), c.variances;
      const double value = boxes.Value(at.head(k), at.tail(k), &by_mean, &by_variance);
      EXPECT_TRUE(std::isfinite(value));
      EXPECT_EQ(value, boxes.Value(at.head(k), at.tail(k), nullptr, nullptr));
      gradient << by_mean, by_variance;
      ExpectGradient([&](const Eigen::VectorXd& x) { return boxes.Value(x.head(k), x.tail(k), nullptr, nullptr); }, at, gradient,
                     1e-5, 1e-6);
    }
  }
}

// Two processes over one parameter, one draw and several.
TEST(HypervolumeImprovement, GradientAgreesWithDifferences) {
  const ModelPrior prior = PriorFor(1);
  const Kernel kernel(KernelShape::kMatern52, {false});
  for (Eigen::Index draws : {1, 3}) {
    Posterior first(kernel, prior), second(kernel, prior);
    Eigen::MatrixXd points(3, 1), outputs(3, draws), others(3, draws);
    points << 0.1, 0.5, 0.9;
    for (Eigen::Index s = 0; s < draws; ++s) {
      outputs.col(s) << -1, 0.2 * static_cast<double>(s), 1;
      others.col(s) << 1, -0.1, -1;
    }
    std::vector<HypervolumeBoxes> boxes;
    for (Eigen::Index s = 0; s < draws; ++s) {
      Eigen::MatrixXd front(2, 3);
      front << outputs.col(s).transpose(), others.col(s).transpose();
      boxes.emplace_back(UndominatedBoxes(front, Eigen::Vector2d(1.2, 1.2)));
    }
    for (Posterior* posterior : {&first, &second}) {
      posterior->SetPoints(PriorCenter(prior, 1), points, 3);
      posterior->SetOutputs(posterior == &first ? outputs : others);
    }
    const HypervolumeImprovement improvement({&first, &second}, boxes);
    for (double x : {0.05, 0.3, 0.72}) {
      Eigen::VectorXd at = Eigen::VectorXd::Constant(1, x), gradient;
      const double value = improvement.ValueAndGradient(at, &gradient);
      EXPECT_NEAR(value, improvement.Values(at.transpose())[0], 1e-9 * std::abs(value));
      Eigen::VectorXd ignored;
      ExpectGradient([&](const Eigen::VectorXd& y) { return improvement.ValueAndGradient(y, &ignored); }, at, gradient, 1e-6,
                     1e-6);
    }
  }
}

}  // namespace
}  // namespace parzen::gp
