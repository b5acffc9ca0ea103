// What parzend counts of itself, as Prometheus reads it. docs/parzend.md lists the metrics.
//
// Events (calls, asks, commits) are counted as they happen, without locks (sharded.h); what has a value at any time (trials by
// state, sizes, the process) is read when somebody scrapes.

#ifndef PARZEN_SERVER_METRICS_METRICS_H_
#define PARZEN_SERVER_METRICS_METRICS_H_

#include <prometheus/metric_family.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "server/engine/meter.h"
#include "server/engine/service.h"
#include "server/metrics/sharded.h"
#include "server/rpc/call_meter.h"
#include "server/rpc/server.h"

namespace parzen::metrics {

// A figure of the storage, as it is when somebody scrapes.
struct Figure {
  std::string name;  // without the prefix "parzen_"
  std::string help;
  double value = 0;
  std::string reason = {};  // the label of that name, of one of several with the same name, which follow one another; empty: none
};

// What a scrape reads. All set, or none.
struct Sources {
  engine::Service* service = nullptr;
  rpc::Server* server = nullptr;
  std::function<std::vector<Figure>()> storage;
  std::function<bool()> database_answers;
};

// Thread safe.
class Metrics final : public engine::Meter, public rpc::CallMeter {
 public:
  // `studies`: how many studies' trials are counted at most, those used last first; bounds the number of time series.
  // `methods`: those that are counted; each is shown from the start, with zeros.
  Metrics(int studies, security::Methods methods);

  void Ended(const security::Method& method, absl::StatusCode code, std::chrono::nanoseconds took) override;
  void Asked(std::chrono::nanoseconds wait, std::chrono::nanoseconds sample, std::chrono::nanoseconds commit) override;
  // So many trials lost their leases.
  void LeasesExpired(int64_t trials);
  // One commit, of so many transactions.
  void Committed(int64_t transactions, double seconds);

  // One round trip to a database that is another process.
  void DatabaseAnswered(double seconds);

  // Once it has returned, the earlier sources are no longer used.
  void SetSources(const Sources& sources);
  // Why calls are not served right now; empty where they are.
  std::string NotReadyBecause() const;
  // Everything, in Prometheus' text format.
  std::string Text() const;

 private:
  static constexpr size_t kCodes = 17;
  struct Method {
    explicit Method(const security::Method& its_method);
    const security::Method& method;
    std::array<Counter, kCodes> calls;  // by code
    Histogram duration;                 // of those that are no streams
  };

  std::vector<prometheus::MetricFamily> Events() const;
  std::vector<prometheus::MetricFamily> Gauges() const;

  const size_t studies_;
  absl::flat_hash_map<const security::Method*, std::unique_ptr<Method>> methods_;  // as made by the constructor
  Histogram wait_, sample_, commit_, batch_, commit_duration_, round_trip_;
  Counter leases_expired_;

  mutable Mutex mutex_;
  Sources sources_ GUARDED_BY(mutex_);
};

}  // namespace parzen::metrics

#endif  // PARZEN_SERVER_METRICS_METRICS_H_
