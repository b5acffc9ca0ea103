// Exact decimal arithmetic on the shortest representations of doubles: whether a range is a whole number of
// steps, and which numbers the steps lead to.
//
// People write 0..1 step 0.1 and mean decimals. In binary 1 is no multiple of 0.1, and fmod(1, 0.1) is 0.09999999999999995; read
// as the shortest decimals that name these doubles, it is ten steps.

#ifndef PARZEN_SAMPLER_SPACE_DECIMAL_H_
#define PARZEN_SAMPLER_SPACE_DECIMAL_H_

#include <cstdint>

namespace parzen {

// The largest low + k * step (k whole, >= 0) that does not exceed `high`, in decimal. The arguments are finite, low <= high,
// step > 0 and (high - low) / step is below 2^53.
double LargestGridValue(double low, double high, double step);

// low + index * step in decimal: 0 + 66 * 0.1 is 6.6, where the doubles' sum is 6.6000000000000005.
double DecimalGridValue(double low, double step, uint64_t index);

}  // namespace parzen

#endif  // PARZEN_SAMPLER_SPACE_DECIMAL_H_
