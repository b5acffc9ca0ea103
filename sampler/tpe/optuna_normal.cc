#include "sampler/tpe/optuna_normal.h"

#include <cmath>
#include <limits>

namespace parzen::tpe {
namespace {

const double kSqrtTwo = std::sqrt(2.0);

double Ndtr(double a) { return 0.5 + 0.5 * std::erf(a / kSqrtTwo); }

double NdtrInTails(double a) {
  const double x = a / kSqrtTwo;
  if (x < -1 / kSqrtTwo) return 0.5 * std::erfc(-x);
  if (x < 1 / kSqrtTwo) return 0.5 + 0.5 * std::erf(x);
  return 1.0 - 0.5 * std::erfc(x);
}

double LogNdtr(double a) {
  if (a > 6) return -NdtrInTails(-a);
  if (a > -20) return std::log(NdtrInTails(a));
  // The asymptotic series, until a term changes nothing.
  const double leading = -0.5 * a * a - std::log(-a) - 0.5 * std::log(2 * M_PI);
  double last = 0, sum = 1, numerator = 1, factor = 1, sign = 1;
  const double ratio = 1 / (a * a);
  for (int i = 1; std::abs(last - sum) > std::numeric_limits<double>::epsilon(); ++i) {
    last = sum;
    sign = -sign;
    factor *= ratio;
    numerator *= 2 * i - 1;
    sum += sign * numerator * factor;
  }
  return leading + std::log(sum);
}

double LogDifference(double log_p, double log_q) { return log_p + std::log1p(-std::exp(log_q - log_p)); }

}  // namespace

double OptunaLogMass(double a, double b) {
  if (b <= 0) return LogDifference(LogNdtr(b), LogNdtr(a));
  if (a > 0) return LogDifference(LogNdtr(-a), LogNdtr(-b));
  return std::log1p(-Ndtr(a) - Ndtr(-b));
}

}  // namespace parzen::tpe
