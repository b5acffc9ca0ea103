// What parzend counts of itself, as Prometheus reads it. docs/parzend.md lists the metrics.
//
// Events (calls, asks, commits) are counted as they happen, with an atomic addition or under a histogram's own mutex; what has a
// value at any time (trials by state, sizes, the process) is read when somebody scrapes.

#ifndef PARZEN_SERVER_METRICS_METRICS_H_
#define PARZEN_SERVER_METRICS_METRICS_H_

#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "server/engine/meter.h"
#include "server/engine/service.h"
#include "server/rpc/call_meter.h"
#include "server/rpc/server.h"
#include "storage/storage.h"

namespace parzen::metrics {

// What a scrape reads. All set, or none.
struct Sources {
  engine::Service* service = nullptr;
  storage::Storage* storage = nullptr;
  rpc::Server* server = nullptr;
};

// Thread safe.
class Metrics final : public engine::Meter, public rpc::CallMeter {
 public:
  // `studies`: how many studies' trials are counted at most, those used last first; bounds the number of time series.
  explicit Metrics(int studies);
  ~Metrics() override;

  void Ended(std::string_view method, absl::StatusCode code, std::chrono::nanoseconds took) override;
  void Asked(std::chrono::nanoseconds wait, std::chrono::nanoseconds sample, std::chrono::nanoseconds commit) override;
  // So many trials lost their leases.
  void LeasesExpired(int64_t trials);
  // One commit, of so many transactions.
  void Committed(int64_t transactions, double seconds);

  // Once it has returned, the earlier sources are no longer used.
  void SetSources(const Sources& sources);
  // Everything, in Prometheus' text format.
  std::string Text() const;

 private:
  static constexpr size_t kCodes = 17;
  struct Method {
    std::string name;
    prometheus::Histogram* duration = nullptr;  // null for streams
    std::array<std::atomic<prometheus::Counter*>, kCodes> calls{};
  };

  std::vector<prometheus::MetricFamily> Gauges() const;

  const size_t studies_;
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>* calls_ = nullptr;
  absl::flat_hash_map<std::string, std::unique_ptr<Method>> methods_;  // as made by the constructor
  prometheus::Histogram* wait_ = nullptr;
  prometheus::Histogram* sample_ = nullptr;
  prometheus::Histogram* commit_ = nullptr;
  prometheus::Histogram* batch_ = nullptr;
  prometheus::Histogram* commit_duration_ = nullptr;
  prometheus::Counter* leases_expired_ = nullptr;

  mutable std::mutex mutex_;  // guards what follows
  Sources sources_;
};

}  // namespace parzen::metrics

#endif  // PARZEN_SERVER_METRICS_METRICS_H_
