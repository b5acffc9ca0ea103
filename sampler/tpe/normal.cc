#include "sampler/tpe/normal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace parzen::tpe {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kSqrtHalf = 0.70710678118654752440;
// Left of it the asymptotic series has double precision, and erfc still is far from underflow (at about -38).
constexpr double kSeriesBegins = -25;

// Gauss-Legendre nodes and weights on [-1, 1], 12 points; the other half is symmetric.
constexpr std::array<double, 6> kNodes = {0.1252334085114689, 0.3678314989981802, 0.5873179542866175,
                                          0.7699026741943047, 0.9041172563704748, 0.9815606342467192};
constexpr std::array<double, 6> kWeights = {0.2491470458134027,  0.2334925365383546,  0.20316742672306573,
                                            0.16007832854334642, 0.10693932599531907, 0.04717533638651141};

double LogDensity(double z) { return -0.5 * z * z - kLogSqrtTwoPi; }

// Whether phi varies by little over an interval, so that quadrature is exact to the last bits.
bool IsNarrow(double middle, double half) { return std::abs(middle) * half + 0.5 * half * half < 1; }

// log of the integral of phi over [middle - half, middle + half]: phi(middle) times that of exp(-middle s - s^2 / 2).
double LogNarrowMass(double middle, double half) {
  double sum = 0;
  for (size_t i = 0; i < kNodes.size(); ++i) {
    const double s = half * kNodes[i];
    sum += kWeights[i] * std::exp(-0.5 * s * s) * std::cosh(middle * s);
  }
  return LogDensity(middle) + std::log(2 * half * sum);
}

template <size_t n>
double Polynomial(const std::array<double, n>& coefficients, double x) {
  double value = 0;
  for (size_t i = n; i-- > 0;) value = value * x + coefficients[i];
  return value;
}

// TruncatedQuantile where a + b <= 0, by Newton's method on the logarithm of the mass left of x, kept in a bracket: for far tails
// and narrow intervals, where probabilities themselves say nothing.
double QuantileByLogMass(double q, double a, double b) {
  if (q <= 0) return a;
  if (q >= 1) return b;
  // To begin with: the density as exp(rate * x), its slope at the middle, or where the interval is wide, at its end.
  const double width = b - a;
  const double rate = IsNarrow(0.5 * (a + b), 0.5 * width) ? -0.5 * (a + b) : std::max(-b, 1.0);
  const double decay = std::exp(-rate * width);
  double x = rate * width < 1e-6 ? a + q * width : b + std::log(q + (1 - q) * decay) / rate;
  x = std::clamp(x, a, b);
  const double target = std::log(q) + LogMass(a, b);
  double low = a, high = b;
  for (int i = 0; i < 100 && low < high; ++i) {
    const double log_mass = LogMass(a, x), error = log_mass - target;
    (error > 0 ? high : low) = x;
    double next = x - error * std::exp(log_mass - LogDensity(x));
    if (!(next > low && next < high)) next = low + 0.5 * (high - low);
    if (next == x || std::abs(next - x) <= 1e-16 * std::abs(x)) break;
    x = next;
  }
  return x;
}

}  // namespace

double NormalCdf(double z) { return 0.5 * std::erfc(-z * kSqrtHalf); }

double LogNormalCdf(double z) {
  if (z > 0) return std::log1p(-0.5 * std::erfc(z * kSqrtHalf));
  if (z > kSeriesBegins) return std::log(0.5 * std::erfc(-z * kSqrtHalf));
  if (z == -kInfinity) return -kInfinity;
  // Abramowitz and Stegun 26.2.12: phi(z) / -z (1 - 1/z^2 + 1*3/z^4 - 1*3*5/z^6 + ...).
  const double r = 1 / (z * z);
  const double series = r * (-1 + r * (3 + r * (-15 + r * (105 + r * (-945 + r * 10395)))));
  return LogDensity(z) - std::log(-z) + std::log1p(series);
}

double LogMass(double a, double b) {
  if (!(a < b)) return -kInfinity;
  if (a > 0) return LogMass(-b, -a);
  const double middle = 0.5 * (a + b), half = 0.5 * (b - a);
  if (IsNarrow(middle, half)) return LogNarrowMass(middle, half);
  if (b > 0) return std::log1p(-(NormalCdf(a) + NormalCdf(-b)));
  const double log_b = LogNormalCdf(b);
  return log_b + std::log1p(-std::exp(LogNormalCdf(a) - log_b));
}

double NormalQuantile(double p) {
  // Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37(3), 1988, PPND16.
  static constexpr std::array<double, 8> a = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                              1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                              3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr std::array<double, 8> b = {1,
                                              4.2313330701600911252e+1,
                                              6.8718700749205790830e+2,
                                              5.3941960214247511077e+3,
                                              2.1213794301586595867e+4,
                                              3.9307895800092710610e+4,
                                              2.8729085735721942674e+4,
                                              5.2264952788528545610e+3};
  static constexpr std::array<double, 8> c = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                                              3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                                              2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr std::array<double, 8> d = {1,
                                              2.05319162663775882187e0,
                                              1.67638483018380384940e0,
                                              6.89767334985100004550e-1,
                                              1.48103976427480074590e-1,
                                              1.51986665636164571966e-2,
                                              5.47593808499534494600e-4,
                                              1.05075007164441684324e-9};
  static constexpr std::array<double, 8> e = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                                              2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                              2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr std::array<double, 8> f = {1,
                                              5.99832206555887937690e-1,
                                              1.36929880922735805310e-1,
                                              1.48753612908506148525e-2,
                                              7.86869131145613259100e-4,
                                              1.84631831751005468180e-5,
                                              1.42151175831644588870e-7,
                                              2.04426310338993978564e-15};
  const double centred = p - 0.5;
  if (std::abs(centred) <= 0.425) {
    const double r = 0.180625 - centred * centred;
    return centred * Polynomial(a, r) / Polynomial(b, r);
  }
  const double r = std::sqrt(-std::log(centred < 0 ? p : 1 - p));
  const double z = r <= 5 ? Polynomial(c, r - 1.6) / Polynomial(d, r - 1.6) : Polynomial(e, r - 5) / Polynomial(f, r - 5);
  return centred < 0 ? -z : z;
}

double TruncatedQuantile(double q, double a, double b) {
  if (a + b > 0) return -TruncatedQuantile(1 - q, -b, -a);
  if (b < -35 || b - a < 0.05) return QuantileByLogMass(q, a, b);
  const double left = NormalCdf(a), right = NormalCdf(-b);
  const double mass = b <= 0 ? NormalCdf(b) - left : 1 - left - right;
  const double p = left + q * mass;
  const double x = p <= 0.5 ? (p > 0 ? NormalQuantile(p) : a) : -NormalQuantile(std::max(right + (1 - q) * mass, 1e-300));
  return std::clamp(x, a, b);
}

}  // namespace parzen::tpe
