#include "sampler/pruner/running_quantile.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace parzen::pruner {
namespace {

template <typename Order>
void Push(double value, Order order, std::vector<double>* heap) {
  if (heap->size() == heap->capacity()) heap->reserve(heap->size() + heap->size() / 8 + 1);
  heap->push_back(value);
  std::push_heap(heap->begin(), heap->end(), order);
}

template <typename Order>
double Pop(Order order, std::vector<double>* heap) {
  std::pop_heap(heap->begin(), heap->end(), order);
  const double value = heap->back();
  heap->pop_back();
  return value;
}

}  // namespace

void RunningQuantile::Add(double value, double q) {
  if (!low_.empty() && value < low_.front()) {
    Push(value, std::less<>(), &low_);
  } else {
    Push(value, std::greater<>(), &high_);
  }
  const size_t n = size();
  const size_t below = std::min(n, static_cast<size_t>(std::floor(static_cast<double>(n - 1) * q)) + 1);
  while (low_.size() < below) Push(Pop(std::greater<>(), &high_), std::less<>(), &low_);
  while (low_.size() > below) Push(Pop(std::less<>(), &low_), std::greater<>(), &high_);
}

double RunningQuantile::Value(double q) const {
  if (size() == 0) return std::numeric_limits<double>::quiet_NaN();
  const double position = static_cast<double>(size() - 1) * q;
  // At the end NumPy counts from behind: the last number is both neighbours, its index -1.
  const bool at_end = high_.empty();
  const double previous = low_.front();
  const double next = at_end ? previous : high_.front();
  const double t = at_end ? position + 1 : position - std::floor(position);
  const double difference = next - previous;
  return t >= 0.5 ? next - difference * (1 - t) : previous + difference * t;
}

}  // namespace parzen::pruner
