// The standard normal law, cut to an interval, to double precision in both tails and for narrow intervals.

#ifndef PARZEN_SAMPLER_TPE_NORMAL_H_
#define PARZEN_SAMPLER_TPE_NORMAL_H_

namespace parzen::tpe {

inline constexpr double kLogSqrtTwoPi = 0.91893853320467274178;

// P(Z <= z).
double NormalCdf(double z);
// log P(Z <= z); -inf only at -inf.
double LogNormalCdf(double z);
// log P(a < Z < b), a <= b; -inf where a = b.
double LogMass(double a, double b);
// The z with P(Z <= z) = p, 0 < p < 1.
double NormalQuantile(double p);
// The x in [a, b] with P(a < Z < x) = q P(a < Z < b), a < b, 0 <= q <= 1.
double TruncatedQuantile(double q, double a, double b);

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_NORMAL_H_
