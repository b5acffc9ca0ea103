// exp for sums of many kernels: two at a time, without branches. Relative error below 4e-16.

#ifndef PARZEN_SAMPLER_TPE_FAST_EXP_H_
#define PARZEN_SAMPLER_TPE_FAST_EXP_H_

#include <cstdint>
#include <cstring>

namespace parzen::tpe {

// Two doubles, in one register where there is one that wide.
using Pair __attribute__((vector_size(16))) = double;
using PairBits __attribute__((vector_size(16))) = uint64_t;

inline Pair LoadPair(const double* from) {
  Pair pair;
  std::memcpy(&pair, from, sizeof pair);
  return pair;
}

// exp(x) for x <= 0; 0 below about -708.
inline Pair ExpOfNegative(Pair x) {
  // x = n log 2 + r, |r| <= log(2) / 2, n by adding and taking off 1.5 * 2^52, log 2 in two parts.
  constexpr double kRound = 0x1.8p52, kLog2e = 1.4426950408889634, kHigh = 6.93147180369123816490e-01,
                   kLow = 1.90821492927058770002e-10;
  const Pair shifted = x * kLog2e + kRound;
  const Pair n = shifted - kRound;
  const Pair r = (x - n * kHigh) - n * kLow;
  // Taylor's series of degree 13 in Horner's form; the remainder is below 3e-17.
  Pair p = r * 1.6059043836821613e-10 + 2.0876756987868099e-09;
  for (double coefficient :
       {2.5052108385441720e-08, 2.7557319223985893e-07, 2.7557319223985888e-06, 2.4801587301587302e-05, 1.9841269841269841e-04,
        1.3888888888888889e-03, 8.3333333333333332e-03, 4.1666666666666664e-02, 1.6666666666666666e-01, 0.5, 1.0, 1.0}) {
    p = p * r + coefficient;
  }
  const PairBits exponent = (reinterpret_cast<PairBits>(shifted) + 1023) << 52;  // the low bits of `shifted` are n
  const Pair scaled = p * reinterpret_cast<Pair>(exponent);
  return x < -708.0 ? Pair{} : scaled;
}

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_FAST_EXP_H_
