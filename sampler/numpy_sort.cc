#include "sampler/numpy_sort.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

namespace parzen {
namespace {

constexpr int64_t kInsertionSortSize = 16;

// Sorts indices by value the way NumPy's aquicksort does. `less(a, b)` compares the values at two indices.
template <class Less>
class Introsort {
 public:
  explicit Introsort(Less less) : less_(less) {}

  void Sort(std::span<int32_t> order) {
    if (order.empty()) return;
    // Twice the floor of log2(n) partitions on a path, then heapsort.
    Sort(order.data(), order.data() + order.size() - 1, 2 * (std::bit_width(order.size()) - 1));
  }

 private:
  // [left, right]. The larger part of a partition waits; it is always sorted with the depth left at its partition.
  void Sort(int32_t* left, int32_t* right, int depth) {
    struct Waiting {
      int32_t *left, *right;
      int depth;
    };
    std::vector<Waiting> waiting;
    while (true) {
      bool heap = depth < 0;
      while (!heap && right - left >= kInsertionSortSize) {
        int32_t* middle = Partition(left, right);
        --depth;
        if (middle - left < right - middle) {
          waiting.push_back({middle + 1, right, depth});
          right = middle - 1;
        } else {
          waiting.push_back({left, middle - 1, depth});
          left = middle + 1;
        }
      }
      if (heap) {
        Heapsort(left, right - left + 1);
      } else {
        InsertionSort(left, right);
      }
      if (waiting.empty()) return;
      left = waiting.back().left;
      right = waiting.back().right;
      depth = waiting.back().depth;
      waiting.pop_back();
    }
  }

  int32_t* Partition(int32_t* left, int32_t* right) {
    int32_t* middle = left + ((right - left) >> 1);
    if (less_(*middle, *left)) std::swap(*middle, *left);
    if (less_(*right, *middle)) std::swap(*right, *middle);
    if (less_(*middle, *left)) std::swap(*middle, *left);
    const int32_t pivot = *middle;
    int32_t *i = left, *j = right - 1;
    std::swap(*middle, *j);
    while (true) {
      do ++i;
      while (less_(*i, pivot));
      do --j;
      while (less_(pivot, *j));
      if (i >= j) break;
      std::swap(*i, *j);
    }
    std::swap(*i, *(right - 1));
    return i;
  }

  void InsertionSort(int32_t* left, int32_t* right) {
    for (int32_t* i = left + 1; i <= right; ++i) {
      const int32_t moved = *i;
      int32_t* j = i;
      for (; j > left && less_(moved, *(j - 1)); --j) *j = *(j - 1);
      *j = moved;
    }
  }

  void SiftDown(int32_t* heap, int64_t i, int64_t n, int32_t moved) {  // heap[1..n]
    for (int64_t child = 2 * i; child <= n; child = 2 * i) {
      if (child < n && less_(heap[child], heap[child + 1])) ++child;
      if (!less_(moved, heap[child])) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = moved;
  }

  void Heapsort(int32_t* order, int64_t n) {
    int32_t* heap = order - 1;
    for (int64_t i = n >> 1; i > 0; --i) SiftDown(heap, i, n, heap[i]);
    while (n > 1) {
      const int32_t moved = heap[n];
      heap[n] = heap[1];
      SiftDown(heap, 1, --n, moved);
    }
  }

  Less less_;
};

template <class Less>
std::vector<int32_t> SortIndices(size_t n, Less less) {
  std::vector<int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  Introsort<Less>(less).Sort(order);
  return order;
}

// Exchanges where strictly greater.
void Compare(double* keys, int32_t* order, size_t i, size_t j) {
  if (keys[i] > keys[j]) {
    std::swap(keys[i], keys[j]);
    std::swap(order[i], order[j]);
  }
}

}  // namespace

std::vector<int32_t> ArgsortScalar(std::span<const double> values) {
  return SortIndices(values.size(), [values](int32_t a, int32_t b) { return values[a] < values[b]; });
}

std::vector<int32_t> ArgsortScalar(std::span<const std::pair<double, double>> values) {
  return SortIndices(values.size(), [values](int32_t a, int32_t b) { return values[a] < values[b]; });
}

std::vector<int32_t> ArgsortSimd(std::span<const double> values) {
  std::vector<int32_t> order(values.size());
  if (values.size() > kSimdNetworkSize) {
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [values](int32_t a, int32_t b) { return values[a] < values[b]; });
    return order;
  }
  const size_t n = std::bit_ceil(values.size());
  std::vector<double> keys(n, std::numeric_limits<double>::infinity());
  std::copy(values.begin(), values.end(), keys.begin());
  std::vector<int32_t> padded(n);
  std::iota(padded.begin(), padded.end(), 0);
  for (size_t block = 2; block <= n; block *= 2) {
    for (size_t begin = 0; begin < n; begin += block) {
      for (size_t i = 0; i < block / 2; ++i) Compare(keys.data(), padded.data(), begin + i, begin + block - 1 - i);
    }
    for (size_t half = block / 4; half > 0; half /= 2) {
      for (size_t begin = 0; begin < n; begin += 2 * half) {
        for (size_t i = begin; i < begin + half; ++i) Compare(keys.data(), padded.data(), i, i + half);
      }
    }
  }
  std::copy_n(padded.begin(), values.size(), order.begin());
  return order;
}

}  // namespace parzen
