#include "sampler/gp/optimizer.h"

#include <algorithm>
#include <cmath>
#include <deque>

namespace parzen::gp {
namespace {

constexpr size_t kMemory = 8;     // pairs of steps and gradient changes that are kept
constexpr double kArmijo = 1e-4;  // sufficient decrease
constexpr int kMaxBacktracks = 12;

struct Pair {
  Eigen::VectorXd step, change;
  double curvature = 0;  // step . change > 0
};

// 1 where a variable may move, 0 where it rests on a bound and descent would leave the box.
Eigen::VectorXd FreeMask(const Eigen::VectorXd& x, const Eigen::VectorXd& gradient, const Eigen::VectorXd& lower,
                         const Eigen::VectorXd& upper) {
  Eigen::VectorXd mask(x.size());
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    const bool frozen = (x[i] <= lower[i] && gradient[i] > 0) || (x[i] >= upper[i] && gradient[i] < 0);
    mask[i] = frozen ? 0.0 : 1.0;
  }
  return mask;
}

// -H * gradient in the free variables by the two-loop recursion.
Eigen::VectorXd Direction(const Eigen::VectorXd& gradient, const Eigen::VectorXd& mask, const std::deque<Pair>& memory) {
  Eigen::VectorXd q = gradient.cwiseProduct(mask);
  std::vector<double> a(memory.size());
  for (size_t i = memory.size(); i-- > 0;) {
    a[i] = memory[i].step.dot(q) / memory[i].curvature;
    q -= a[i] * memory[i].change;
  }
  if (!memory.empty()) q *= memory.back().curvature / memory.back().change.squaredNorm();
  for (size_t i = 0; i < memory.size(); ++i) {
    const double b = memory[i].change.dot(q) / memory[i].curvature;
    q += (a[i] - b) * memory[i].step;
  }
  return -q.cwiseProduct(mask);
}

}  // namespace

BoxMinimum MinimizeInBox(const Differentiable& function, const Eigen::VectorXd& start, const Eigen::VectorXd& lower,
                         const Eigen::VectorXd& upper, const BoxMinimizerOptions& options) {
  BoxMinimum best{start, 0, 1};
  Eigen::VectorXd gradient(start.size()), next_gradient(start.size());
  best.value = function(best.x, &gradient);
  std::deque<Pair> memory;
  while (best.evaluations < options.max_evaluations) {
    const Eigen::VectorXd mask = FreeMask(best.x, gradient, lower, upper);
    if (gradient.cwiseProduct(mask).cwiseAbs().maxCoeff() <= options.gradient_tolerance) break;
    Eigen::VectorXd direction = Direction(gradient, mask, memory);
    if (!(direction.dot(gradient) < 0)) {
      memory.clear();
      direction = -gradient.cwiseProduct(mask);
    }
    double length = memory.empty() ? options.first_step / direction.cwiseAbs().maxCoeff() : 1.0;
    bool moved = false;
    double gain = 0;
    for (int k = 0; k < kMaxBacktracks && best.evaluations < options.max_evaluations; ++k) {
      const Eigen::VectorXd x = (best.x + length * direction).cwiseMax(lower).cwiseMin(upper);
      const double value = function(x, &next_gradient);
      ++best.evaluations;
      const double slope = gradient.dot(x - best.x);
      if (std::isfinite(value) && value <= best.value + kArmijo * slope && slope < 0) {
        Pair pair{x - best.x, next_gradient - gradient, 0};
        pair.curvature = pair.step.dot(pair.change);
        if (pair.curvature > 1e-12 * pair.step.norm() * pair.change.norm()) {
          memory.push_back(std::move(pair));
          if (memory.size() > kMemory) memory.pop_front();
        }
        gain = best.value - value;
        best.x = x;
        best.value = value;
        gradient.swap(next_gradient);
        moved = true;
        break;
      }
      // The minimum of the parabola through both values and the slope, kept within [0.1, 0.5] of the step.
      const double parabola = std::isfinite(value) ? -slope / (2 * (value - best.value - slope)) : 0.1;
      length *= std::isfinite(parabola) ? std::clamp(parabola, 0.1, 0.5) : 0.5;
    }
    if (!moved) {
      if (memory.empty()) break;
      memory.clear();  // once more along the gradient
      continue;
    }
    if (gain <= options.value_tolerance * std::max(1.0, std::abs(best.value))) break;
  }
  return best;
}

}  // namespace parzen::gp
