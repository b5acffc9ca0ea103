// argsort as NumPy does it, ties included.
//
// np.argsort(kind="quicksort") is not stable, and Optuna's bandwidths depend on where equal observations land. NumPy has one
// order a code path:
//   scalar  introsort: median of 3, insertion sort for 16 elements or fewer, heapsort where recursion is too deep. All of NumPy
//           before 2.0, and NumPy 2 on processors without AVX2.
//   simd    NumPy 2's AVX2 and AVX-512 code. Up to 256 values: a bitonic network over the next power of two, padded with +inf;
//           a merge of two sorted halves begins by comparing i with its mirror, and pairs are exchanged only where strictly
//           greater. Above 256 values the two codes differ from each other; there equal values keep their order, which for
//           observations is that of the trial numbers.
// Values are never NaN.

#ifndef PARZEN_SAMPLER_NUMPY_SORT_H_
#define PARZEN_SAMPLER_NUMPY_SORT_H_

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace parzen {

// How many values the simd order is defined for by NumPy's own code.
inline constexpr size_t kSimdNetworkSize = 256;

std::vector<int32_t> ArgsortScalar(std::span<const double> values);
std::vector<int32_t> ArgsortSimd(std::span<const double> values);

// The scalar order of a structured array with two float fields, compared field by field (2.9.1's loss values).
std::vector<int32_t> ArgsortScalar(std::span<const std::pair<double, double>> values);

}  // namespace parzen

#endif  // PARZEN_SAMPLER_NUMPY_SORT_H_
