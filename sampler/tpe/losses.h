// Loss vectors of several objectives, all to be minimized: n rows of m values.

#ifndef PARZEN_SAMPLER_TPE_LOSSES_H_
#define PARZEN_SAMPLER_TPE_LOSSES_H_

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace parzen::tpe {

class Losses {
 public:
  explicit Losses(size_t objectives) : objectives_(objectives) {}

  size_t objectives() const { return objectives_; }
  size_t size() const { return values_.size() / objectives_; }
  bool empty() const { return values_.empty(); }
  std::span<const double> operator[](size_t row) const { return {values_.data() + row * objectives_, objectives_}; }
  double& At(size_t row, size_t objective) { return values_[row * objectives_ + objective]; }
  void Add(std::span<const double> row) { values_.insert(values_.end(), row.begin(), row.end()); }
  // The rows `indices`, in that order.
  template <class Indices>
  Losses Select(const Indices& indices) const {
    Losses selected(objectives_);
    for (size_t row : indices) selected.Add((*this)[row]);
    return selected;
  }

 private:
  size_t objectives_;
  std::vector<double> values_;
};

// Index of the largest value, the first of equals; of the first NaN where there is one, as numpy.argmax. Not of an empty range.
inline size_t ArgMax(std::span<const double> values) {
  size_t best = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) return i;
    if (values[i] > values[best]) best = i;
  }
  return best;
}

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_LOSSES_H_
