#include "server/engine/study/pareto_front.h"

#include <algorithm>

namespace parzen::engine {
namespace {

// Whether a trial with values `a` makes one with values `b` no best trial.
bool Beats(int64_t a_number, std::span<const double> a, int64_t b_number, std::span<const double> b) {
  bool better = false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better = better || a[i] < b[i];
  }
  return better || (a.size() == 1 && a_number < b_number);
}

}  // namespace

bool IsFeasible(const storage::NamedDoubles& constraints) {
  return std::all_of(constraints.begin(), constraints.end(), [](const auto& constraint) { return constraint.second <= 0; });
}

void Candidates::Add(int64_t number, std::span<const double> told) {
  std::vector<double> minimized(told.begin(), told.end());
  for (size_t i = 0; i < minimized.size(); ++i) {
    if (directions_[i] == Direction::kMaximize) minimized[i] = -minimized[i];
  }
  if (directions_.size() == 1 && !numbers_.empty()) {
    if (Beats(numbers_[0], values(0), number, minimized)) return;
    numbers_.clear();
    values_.clear();
  }
  numbers_.push_back(number);
  values_.insert(values_.end(), minimized.begin(), minimized.end());
}

Candidates Candidates::Take() {
  Candidates taken(directions_);
  std::swap(taken.numbers_, numbers_);
  std::swap(taken.values_, values_);
  return taken;
}

void ParetoFront::Merge(const Candidates& candidates) {
  for (size_t i = 0; i < candidates.size(); ++i) {
    const int64_t number = candidates.number(i);
    const std::span<const double> values = candidates.values(i);
    const auto beats_it = [&](const Point& point) { return Beats(point.number, point.values, number, values); };
    if (std::any_of(points_.begin(), points_.end(), beats_it)) continue;
    std::erase_if(points_, [&](const Point& point) { return Beats(number, values, point.number, point.values); });
    points_.push_back({number, {values.begin(), values.end()}});
  }
}

std::vector<int64_t> ParetoFront::Numbers() const {
  std::vector<int64_t> numbers;
  numbers.reserve(points_.size());
  for (const Point& point : points_) numbers.push_back(point.number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace parzen::engine
