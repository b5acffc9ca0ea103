// A weighted sum over the distinct values of one parameter: how many kernels sit on a value, and the sum of their ranks.
//
// With weights u + v * rank that is all there is to know of equal kernels. Counts are whole numbers, so that they do not depend
// on the order in which kernels came and went.

#ifndef PARZEN_SAMPLER_TPE_VALUE_COUNTS_H_
#define PARZEN_SAMPLER_TPE_VALUE_COUNTS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace parzen::tpe {

class ValueCounts {
 public:
  explicit ValueCounts(size_t values) : entries_(values) {}

  size_t size() const { return entries_.size(); }
  void Add(size_t value, int64_t rank) {
    entries_[value].count += 1;
    entries_[value].ranks += rank;
  }
  void Subtract(size_t value, int64_t rank) {
    entries_[value].count -= 1;
    entries_[value].ranks -= rank;
  }
  bool Any(size_t value) const { return entries_[value].count > 0; }
  // The weight of all kernels on a value.
  double Weight(size_t value, double u, double v) const {
    return u * static_cast<double>(entries_[value].count) + v * static_cast<double>(entries_[value].ranks);
  }

 private:
  struct Entry {
    int64_t count = 0, ranks = 0;
  };
  std::vector<Entry> entries_;
};

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_VALUE_COUNTS_H_
