// RunningQuantile: one fixed quantile of a growing set of numbers.
//
// The numbers up to the quantile are in one heap and the rest in another, so that its two neighbours are at the tops: 8 bytes a
// number (an eighth more at most for growth), a logarithm of comparisons for each that is added, none to read it.

#ifndef PARZEN_SAMPLER_PRUNER_RUNNING_QUANTILE_H_
#define PARZEN_SAMPLER_PRUNER_RUNNING_QUANTILE_H_

#include <cstddef>
#include <vector>

namespace parzen::pruner {

class RunningQuantile {
 public:
  // Not NaN. `q` in [0, 1] is the same in every call.
  void Add(double value, double q);

  // The quantile as NumPy 2.4's nanpercentile computes it, bit for bit: linear interpolation between the neighbours at
  // (n - 1) q, from the nearer of the two (numpy.lib._function_base_impl: _get_indexes, _lerp). NaN for no numbers, and where two
  // infinities are subtracted.
  double Value(double q) const;

  size_t size() const { return low_.size() + high_.size(); }

 private:
  std::vector<double> low_;   // heap, the greatest on top
  std::vector<double> high_;  // heap, the least on top; none is less than low_'s
};

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_RUNNING_QUANTILE_H_
