// OrderedValues: Ranking by one objective.

#ifndef PARZEN_SAMPLER_PRUNER_ORDERED_VALUES_H_
#define PARZEN_SAMPLER_PRUNER_ORDERED_VALUES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sampler/pruner/ranking.h"

namespace parzen::pruner {

// Sorted numbers in blocks of at most kBlock, so that an insertion moves little: microseconds at 100,000 numbers.
class OrderedValues : public Ranking {
 public:
  explicit OrderedValues(Direction direction) : direction_(direction) {}

  void Insert(std::span<const double> values) override;
  void Erase(std::span<const double> values) override;
  int64_t size() const override { return size_; }
  int64_t CountBetter(std::span<const double> values) const override;

 private:
  static constexpr size_t kBlock = 512;

  double Key(std::span<const double> values) const { return direction_ == Direction::kMaximize ? -values[0] : values[0]; }
  // The first block whose last number is not less than `key`; blocks_.size() where all are.
  size_t BlockOf(double key) const;

  Direction direction_;
  std::vector<std::vector<double>> blocks_;  // none is empty
  int64_t size_ = 0;
};

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_ORDERED_VALUES_H_
