// TrialReports: what one running trial has reported, by step.
//
// Steps that follow each other, the usual case, take 8 bytes a value; others 8 more a step.

#ifndef PARZEN_SAMPLER_PRUNER_TRIAL_REPORTS_H_
#define PARZEN_SAMPLER_PRUNER_TRIAL_REPORTS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace parzen::pruner {

class TrialReports {
 public:
  // Where a report went: its row, and whether the step was there before.
  struct Place {
    size_t row = 0;
    bool replaced = false;
  };

  // All calls give the same number of values.
  Place Put(int64_t step, std::span<const double> values) {
    const size_t row = LowerBound(step);
    width_ = values.size();
    if (row < size() && this->step(row) == step) {
      std::copy(values.begin(), values.end(), values_.begin() + row * width_);
      return {row, true};
    }
    if (size() == 0) first_step_ = step;
    if (steps_.empty() && (row < size() || step - first_step_ != static_cast<int64_t>(row))) SpellOutSteps();
    if (!steps_.empty()) steps_.insert(steps_.begin() + row, step);
    values_.insert(values_.begin() + row * width_, values.begin(), values.end());
    ++size_;
    return {row, false};
  }

  // Rows in ascending order of their steps.
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  int64_t step(size_t row) const { return steps_.empty() ? first_step_ + static_cast<int64_t>(row) : steps_[row]; }
  std::span<const double> values(size_t row) const { return {values_.data() + row * width_, width_}; }
  double value(size_t row) const { return values_[row * width_]; }  // of the first objective

  // How many rows there are whose step is at most this.
  size_t CountUpTo(int64_t step) const {
    if (size() == 0 || step >= last_step()) return size();
    if (steps_.empty()) return step < first_step_ ? 0 : static_cast<size_t>(step - first_step_) + 1;
    return std::upper_bound(steps_.begin(), steps_.end(), step) - steps_.begin();
  }

  int64_t last_step() const { return step(size() - 1); }
  // The greatest step below the last; -1 where there is none.
  int64_t second_last_step() const { return size() < 2 ? -1 : step(size() - 2); }

 private:
  size_t LowerBound(int64_t step) const {
    if (size() == 0 || step > last_step()) return size();
    if (steps_.empty()) return step <= first_step_ ? 0 : static_cast<size_t>(step - first_step_);
    return std::lower_bound(steps_.begin(), steps_.end(), step) - steps_.begin();
  }
  void SpellOutSteps() {
    for (size_t row = 0; row < size(); ++row) steps_.push_back(first_step_ + static_cast<int64_t>(row));
  }

  size_t width_ = 1;
  size_t size_ = 0;
  int64_t first_step_ = 0;
  std::vector<int64_t> steps_;  // empty while they are first_step_, first_step_ + 1, ...
  std::vector<double> values_;  // row by row
};

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_TRIAL_REPORTS_H_
