#include "sampler/pruner/fronts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace parzen::pruner {

std::vector<double> Fronts::ToLosses(std::span<const double> values) const {
  std::vector<double> losses(values.begin(), values.end());
  for (size_t i = 0; i < losses.size(); ++i) {
    if (directions_[i] == Direction::kMaximize) losses[i] = -losses[i];
  }
  return losses;
}

bool Fronts::Dominates(const double* a, const double* b) const {
  bool better = false;
  for (size_t i = 0; i < width(); ++i) {
    if (a[i] > b[i]) return false;
    better |= a[i] < b[i];
  }
  return better;
}

bool Fronts::DominatedBy(const Front& front, const double* losses) const {
  for (size_t row = 0; row < front.size(); row += width()) {
    if (Dominates(&front[row], losses)) return true;
  }
  return false;
}

// Where a front dominates an entry, each before it does: bisection.
size_t Fronts::FrontOfLosses(const double* losses) const {
  return std::partition_point(fronts_.begin(), fronts_.end(), [&](const Front& front) { return DominatedBy(front, losses); }) -
         fronts_.begin();
}

size_t Fronts::FrontOf(std::span<const double> values) const { return FrontOfLosses(ToLosses(values).data()); }

void Fronts::Insert(std::span<const double> values) {
  InsertLosses(ToLosses(values));
  ++size_;
}

void Fronts::InsertLosses(std::vector<double> moving) {
  for (size_t at = FrontOfLosses(moving.data()); !moving.empty(); ++at) {
    if (at == fronts_.size()) {
      fronts_.push_back(std::move(moving));
      return;
    }
    Front& front = fronts_[at];
    Front stays, leaves;
    for (size_t row = 0; row < front.size(); row += width()) {
      Front& side = DominatedBy(moving, &front[row]) ? leaves : stays;
      side.insert(side.end(), front.begin() + row, front.begin() + row + width());
    }
    stays.insert(stays.end(), moving.begin(), moving.end());
    front = std::move(stays);
    moving = std::move(leaves);
  }
}

// What is in fronts behind the entry's may move forward: those are built anew. Rare: a trial that begins again.
void Fronts::Erase(std::span<const double> values) {
  const std::vector<double> losses = ToLosses(values);
  const size_t at = FrontOfLosses(losses.data());
  if (at == fronts_.size()) return;
  Front& front = fronts_[at];
  for (size_t row = 0; row < front.size(); row += width()) {
    if (!std::equal(losses.begin(), losses.end(), front.begin() + row)) continue;
    front.erase(front.begin() + row, front.begin() + row + width());
    --size_;
    std::vector<Front> behind(std::make_move_iterator(fronts_.begin() + at + 1), std::make_move_iterator(fronts_.end()));
    fronts_.resize(front.empty() ? at : at + 1);
    for (const Front& moved : behind) {
      for (size_t i = 0; i < moved.size(); i += width()) InsertLosses({moved.begin() + i, moved.begin() + i + width()});
    }
    return;
  }
}

int64_t Fronts::CountBetter(std::span<const double> values) const {
  const std::vector<double> losses = ToLosses(values);
  const size_t at = FrontOfLosses(losses.data());
  size_t count = 0;
  for (size_t i = 0; i < at; ++i) count += fronts_[i].size() / width();
  if (at == fronts_.size()) return static_cast<int64_t>(count);
  // Crowding is told with the entry in its front; it is added where it is not there yet.
  Front front = fronts_[at];
  size_t own = 0;
  while (own < front.size() && !std::equal(losses.begin(), losses.end(), front.begin() + own)) own += width();
  if (own == front.size()) front.insert(front.end(), losses.begin(), losses.end());
  const std::vector<double> crowding = Crowding(front);
  const double mine = crowding[own / width()];
  count += std::count_if(crowding.begin(), crowding.end(), [mine](double other) { return other > mine; });
  return static_cast<int64_t>(count);
}

// The gap around a loss goes from the next smaller loss to the next greater one, so that entries alike in an objective, or
// altogether, have the same, and the order in which entries came does not matter.
std::vector<double> Fronts::Crowding(const Front& front) const {
  const size_t rows = front.size() / width();
  std::vector<double> crowding(rows, 0);
  std::vector<size_t> order(rows);
  for (size_t objective = 0; objective < width(); ++objective) {
    const auto loss = [&](size_t i) { return front[order[i] * width() + objective]; };
    std::iota(order.begin(), order.end(), size_t{0});
    std::sort(order.begin(), order.end(),
              [&](size_t a, size_t b) { return front[a * width() + objective] < front[b * width() + objective]; });
    const double least = loss(0), greatest = loss(rows - 1);
    for (size_t begin = 0, end = 0; begin < rows && greatest > least; begin = end) {
      while (end < rows && loss(end) == loss(begin)) ++end;
      double gap = std::numeric_limits<double>::infinity();  // the ends of the front
      if (begin > 0 && end < rows) gap = (loss(end) - loss(begin - 1)) / (greatest - least);
      if (std::isnan(gap)) gap = 1;  // between infinite losses
      for (size_t i = begin; i < end; ++i) crowding[order[i]] += gap;
    }
  }
  return crowding;
}

}  // namespace parzen::pruner
