// Counters and histograms that many threads add to at once without meeting: each thread adds to a shard of its own, with relaxed
// atomic additions, and a scrape sums the shards. An addition costs some nanoseconds, takes no lock and allocates nothing.
//
// prometheus-cpp's own histogram takes a mutex for each value; ten of them on the way of an ask and a tell made those threads
// wait for each other.

#ifndef PARZEN_SERVER_METRICS_SHARDED_H_
#define PARZEN_SERVER_METRICS_SHARDED_H_

#include <prometheus/client_metric.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace parzen::metrics {

inline constexpr size_t kShards = 8;

// The shard of the calling thread: threads take them in turn.
size_t ThisShard();

// Thread safe.
class Counter {
 public:
  void Add(int64_t amount) { cells_[ThisShard()].value.fetch_add(amount, std::memory_order_relaxed); }
  int64_t Value() const;

 private:
  struct alignas(64) Cell {
    std::atomic<int64_t> value{0};
  };
  std::array<Cell, kShards> cells_;
};

// Of whole numbers; thread safe. A scrape meanwhile may miss a value's part of the sum or of the count, never a bucket's order:
// cumulative counts do not decrease.
class Histogram {
 public:
  static constexpr size_t kMaxBounds = 16;

  // `bounds`, increasing, at most kMaxBounds, outlive this: a value belongs to the first that is not below it. A scrape shows
  // bounds and sum divided by `unit`.
  Histogram(std::span<const int64_t> bounds, double unit) : bounds_(bounds), unit_(unit) {}

  void Observe(int64_t value);
  prometheus::ClientMetric Collect() const;

 private:
  struct alignas(64) Cell {
    std::array<std::atomic<uint64_t>, kMaxBounds + 1> counts{};  // the last: above every bound
    std::atomic<int64_t> sum{0};
  };

  const std::span<const int64_t> bounds_;
  const double unit_;
  std::array<Cell, kShards> cells_;
};

}  // namespace parzen::metrics

#endif  // PARZEN_SERVER_METRICS_SHARDED_H_
