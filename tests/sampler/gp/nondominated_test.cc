#include "sampler/gp/nondominated.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace parzen::gp {
namespace {

Eigen::MatrixXd RandomFront(Eigen::Index objectives, Eigen::Index points, std::mt19937* random) {
  std::uniform_real_distribution<double> uniform(0, 1);
  std::uniform_int_distribution<int> grid(0, 5);
  Eigen::MatrixXd all(objectives, points);
  const bool ties = points % 2 == 0;
  for (double& value : all.reshaped()) value = ties ? grid(*random) / 5.0 : uniform(*random);
  const std::vector<Eigen::Index> best = ParetoFront(all);
  Eigen::MatrixXd front(objectives, best.size());
  for (size_t i = 0; i < best.size(); ++i) front.col(static_cast<Eigen::Index>(i)) = all.col(best[i]);
  return front;
}

bool Dominated(const Eigen::MatrixXd& front, const Eigen::VectorXd& point) {
  for (Eigen::Index i = 0; i < front.cols(); ++i) {
    if ((front.col(i).array() <= point.array()).all()) return true;
  }
  return false;
}

int Containing(const Boxes& boxes, const Eigen::VectorXd& point) {
  int count = 0;
  for (Eigen::Index b = 0; b < boxes.lower.cols(); ++b) {
    count += (boxes.lower.col(b).array() <= point.array()).all() && (point.array() < boxes.upper.col(b).array()).all();
  }
  return count;
}

TEST(ParetoFront, KeepsWhatNothingDominatesAndTheFirstOfEquals) {
  Eigen::MatrixXd points(2, 6);
  points << 1, 2, 3, 1, 2, 0.5,  //
      3, 2, 1, 3, 2.5, 4;
  EXPECT_EQ(ParetoFront(points), (std::vector<Eigen::Index>{0, 1, 2, 5}));
}

// Every point lies in exactly one box if nothing dominates it and it is below the reference, else in none.
TEST(UndominatedBoxes, CoverWhatIsLeftOnce) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> uniform(-0.3, 1.3);
  for (Eigen::Index objectives : {2, 3}) {
    for (Eigen::Index n : {1, 2, 3, 6, 15, 40, 101}) {
      const Eigen::MatrixXd front = RandomFront(objectives, n, &random);
      for (double level : {1.1, 0.7, -0.1}) {  // the front within the reference, in part, not at all
        const Eigen::VectorXd reference = Eigen::VectorXd::Constant(objectives, level);
        const Boxes boxes = UndominatedBoxes(front, reference);
        EXPECT_LE(boxes.lower.cols(), 2 * front.cols() + 1);
        for (int i = 0; i < 2000; ++i) {
          Eigen::VectorXd point(objectives);
          for (double& value : point) value = uniform(random);
          const bool left = (point.array() < level).all() && !Dominated(front, point);
          ASSERT_EQ(Containing(boxes, point), left ? 1 : 0) << objectives << " " << n << " " << level;
        }
      }
    }
  }
}

}  // namespace
}  // namespace parzen::gp
