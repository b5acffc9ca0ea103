#include "server/metrics/sharded.h"

#include <algorithm>
#include <limits>

namespace parzen::metrics {

size_t ThisShard() {
  static std::atomic<size_t> next{0};
  thread_local const size_t shard = next.fetch_add(1, std::memory_order_relaxed) % kShards;
  return shard;
}

int64_t Counter::Value() const {
  int64_t value = 0;
  for (const Cell& cell : cells_) value += cell.value.load(std::memory_order_relaxed);
  return value;
}

void Histogram::Observe(int64_t value) {
  Cell& cell = cells_[ThisShard()];
  const auto bucket = static_cast<size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin());
  cell.counts[bucket].fetch_add(1, std::memory_order_relaxed);
  cell.sum.fetch_add(value, std::memory_order_relaxed);
}

prometheus::ClientMetric Histogram::Collect() const {
  prometheus::ClientMetric metric;
  uint64_t count = 0;
  int64_t sum = 0;
  for (const Cell& cell : cells_) sum += cell.sum.load(std::memory_order_relaxed);
  for (size_t i = 0; i <= bounds_.size(); ++i) {
    for (const Cell& cell : cells_) count += cell.counts[i].load(std::memory_order_relaxed);
    const double bound = i < bounds_.size() ? static_cast<double>(bounds_[i]) / unit_ : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({count, bound});
  }
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = static_cast<double>(sum) / unit_;
  return metric;
}

}  // namespace parzen::metrics
