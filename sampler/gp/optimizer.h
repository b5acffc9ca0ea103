// Minimizes a smooth function in a box: projected L-BFGS.
//
// Variables that rest on a bound with the gradient pushing outwards are frozen; the quasi-Newton direction (two-loop recursion,
// Nocedal and Wright, Numerical Optimization, algorithm 7.4) is taken in the rest, and a backtracking search along the projected
// path (Bertsekas 1982) accepts the first step with sufficient decrease. Deterministic: no clock, no randomness.

#ifndef PARZEN_SAMPLER_GP_OPTIMIZER_H_
#define PARZEN_SAMPLER_GP_OPTIMIZER_H_

#include <Eigen/Core>
#include <functional>

namespace parzen::gp {

struct BoxMinimizerOptions {
  int max_evaluations = 60;          // of the function with its gradient
  double gradient_tolerance = 1e-5;  // stop where no projected gradient component exceeds it
  double value_tolerance = 1e-9;     // stop where a step gains less than this, relative to max(1, |value|)
  double first_step = 0.3;           // length of the first step, largest component
};

struct BoxMinimum {
  Eigen::VectorXd x;
  double value = 0;
  int evaluations = 0;
};

// The function's value at x; writes its gradient (size of x). A value that is not finite marks a point that is not to be entered.
using Differentiable = std::function<double(const Eigen::VectorXd& x, Eigen::VectorXd* gradient)>;

// `lower` <= `start` <= `upper`, componentwise; `start` must have a finite value.
BoxMinimum MinimizeInBox(const Differentiable& function, const Eigen::VectorXd& start, const Eigen::VectorXd& lower,
                         const Eigen::VectorXd& upper, const BoxMinimizerOptions& options = {});

}  // namespace parzen::gp

#endif  // PARZEN_SAMPLER_GP_OPTIMIZER_H_
