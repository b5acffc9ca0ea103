// Student's t distribution with a whole number of degrees of freedom.

#ifndef PARZEN_SAMPLER_PRUNER_STUDENT_T_H_
#define PARZEN_SAMPLER_PRUNER_STUDENT_T_H_

#include <cmath>
#include <numbers>

namespace parzen::pruner {

// P(T > t) with `freedom` >= 1 degrees of freedom; t may be infinite. Absolute error about 1e-15. Abramowitz and Stegun, Handbook
// of Mathematical Functions, 26.7.3 and 26.7.4.
inline double StudentUpperTail(double t, int freedom) {
  const double angle = std::atan(t / std::sqrt(static_cast<double>(freedom)));
  const double sine = std::sin(angle), cosine = std::cos(angle), cosine2 = cosine * cosine;
  const bool odd = freedom % 2 == 1;
  double term = odd ? cosine : 1, sum = 0;
  for (int k = odd ? 1 : 0; k <= freedom - 2; k += 2) {  // term has cos to the power of k
    sum += term;
    term *= cosine2 * (k + 1) / (k + 2);
  }
  const double within = odd ? (angle + sine * sum) * 2 / std::numbers::pi : sine * sum;  // P(-|t| < T < |t|), with the sign of t
  return (1 - within) / 2;
}

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_STUDENT_T_H_
