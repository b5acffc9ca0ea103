// numpy.sum of a contiguous array: pairwise summation, in NumPy's order, so that sums agree to the last bit.

#ifndef PARZEN_SAMPLER_TPE_NUMPY_SUM_H_
#define PARZEN_SAMPLER_TPE_NUMPY_SUM_H_

#include <cstddef>
#include <span>

namespace parzen::tpe {

inline double NumpySum(std::span<const double> values) {
  constexpr size_t kLanes = 8, kBlock = 128;
  const size_t n = values.size();
  if (n < kLanes) {
    double sum = 0;
    for (double value : values) sum += value;
    return sum;
  }
  if (n <= kBlock) {  // eight running sums, then the tail
    double r[kLanes];
    for (size_t j = 0; j < kLanes; ++j) r[j] = values[j];
    size_t i = kLanes;
    for (; i < n - n % kLanes; i += kLanes) {
      for (size_t j = 0; j < kLanes; ++j) r[j] += values[i + j];
    }
    double sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (; i < n; ++i) sum += values[i];
    return sum;
  }
  size_t half = n / 2;
  half -= half % kLanes;
  return NumpySum(values.first(half)) + NumpySum(values.subspan(half));
}

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_NUMPY_SUM_H_
