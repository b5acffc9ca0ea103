#include "server/metrics/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/metrics/process_figures.h"
#include "server/version.h"

namespace parzen::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// Nanoseconds, shown in seconds: from a tell on a fast disk (0.1 ms) to a GP's ask with much history (10 s).
constexpr double kNanos = 1e9;
constexpr std::array<int64_t, 16> kDurations = {
    100'000,    250'000,     500'000,     1'000'000,   2'500'000,     5'000'000,     10'000'000,    25'000'000,
    50'000'000, 100'000'000, 250'000'000, 500'000'000, 1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000};
constexpr std::array<int64_t, 11> kTransactions = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

ClientMetric GaugeOf(double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  return metric;
}

MetricFamily Gauge(std::string name, std::string help, double value) {
  return {std::move(name), std::move(help), MetricType::Gauge, {GaugeOf(value)}};
}

MetricFamily Only(std::string name, std::string help, const Histogram& histogram) {
  return {std::move(name), std::move(help), MetricType::Histogram, {histogram.Collect()}};
}

ClientMetric CountOf(int64_t value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = static_cast<double>(value);
  return metric;
}

ClientMetric Labelled(ClientMetric metric, std::string name, std::string_view value) {
  metric.label.push_back({std::move(name), std::string(value)});
  return metric;
}

MetricFamily Trials(const std::vector<engine::StudyCounts>& studies) {
  MetricFamily family{"parzen_trials", "Trials of the studies used last, by state.", MetricType::Gauge, {}};
  for (const engine::StudyCounts& study : studies) {
    const engine::TrialCounts& trials = study.trials;
    const std::pair<const char*, int64_t> states[] = {{"waiting", trials.waiting},
                                                      {"running", trials.running},
                                                      {"complete", trials.complete},
                                                      {"pruned", trials.pruned},
                                                      {"failed", trials.failed}};
    for (const auto& [state, count] : states) {
      family.metric.push_back(GaugeOf(static_cast<double>(count), {{"study", study.study}, {"state", state}}));
    }
  }
  return family;
}

}  // namespace

Metrics::Method::Method(const security::Method& its_method) : method(its_method), duration(kDurations, kNanos) {}

Metrics::Metrics(int studies, security::Methods methods)
    : studies_(static_cast<size_t>(studies)),
      wait_(kDurations, kNanos),
      sample_(kDurations, kNanos),
      commit_(kDurations, kNanos),
      batch_(kTransactions, 1),
      commit_duration_(kDurations, kNanos),
      round_trip_(kDurations, kNanos) {
  for (const security::Method* method : methods) methods_.emplace(method, std::make_unique<Method>(*method));
}

void Metrics::Ended(const security::Method& called, absl::StatusCode code, std::chrono::nanoseconds took) {
  const auto found = methods_.find(&called);
  if (found == methods_.end()) return;
  Method& method = *found->second;
  const auto index =
      static_cast<size_t>(code) < kCodes ? static_cast<size_t>(code) : static_cast<size_t>(absl::StatusCode::kUnknown);
  method.calls[index].Add(1);
  if (!called.stream) method.duration.Observe(took.count());
}

void Metrics::Asked(std::chrono::nanoseconds wait, std::chrono::nanoseconds sample, std::chrono::nanoseconds commit) {
  wait_.Observe(wait.count());
  sample_.Observe(sample.count());
  commit_.Observe(commit.count());
}

void Metrics::LeasesExpired(int64_t trials) { leases_expired_.Add(trials); }

void Metrics::Committed(int64_t transactions, double seconds) {
  batch_.Observe(transactions);
  commit_duration_.Observe(std::llround(seconds * kNanos));
}

void Metrics::DatabaseAnswered(double seconds) { round_trip_.Observe(std::llround(seconds * kNanos)); }

std::vector<MetricFamily> Metrics::Events() const {
  MetricFamily calls{"parzen_rpc_calls_total", "Calls that have ended, by method and code.", MetricType::Counter, {}};
  MetricFamily durations{"parzen_rpc_duration_seconds",
                         "Seconds from a call's arrival to its answer, by method; watches left out.",
                         MetricType::Histogram,
                         {}};
  for (const auto& [key, method] : methods_) {
    for (size_t code = 0; code < kCodes; ++code) {
      const int64_t ended = method->calls[code].Value();
      if (ended == 0) continue;
      const std::string spelled = absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
      calls.metric.push_back(CountOf(ended, {{"code", spelled}, {"method", std::string(key->label)}}));
    }
    if (!key->stream) durations.metric.push_back(Labelled(method->duration.Collect(), "method", key->label));
  }
  MetricFamily phases{"parzen_ask_phase_seconds",
                      "Where the time of asks that handed out trials went: wait (for the study's turn), sample, commit.",
                      MetricType::Histogram,
                      {Labelled(wait_.Collect(), "phase", "wait"), Labelled(sample_.Collect(), "phase", "sample"),
                       Labelled(commit_.Collect(), "phase", "commit")}};
  return {std::move(calls),
          std::move(durations),
          std::move(phases),
          Only("parzen_commit_transactions", "Transactions that were made durable together, by commit.", batch_),
          Only("parzen_commit_duration_seconds", "Seconds that a commit took, with the writing before it.", commit_duration_),
          Only("parzen_database_round_trip_seconds",
               "Seconds of a round trip to PostgreSQL that asks for nothing, once a second; none with SQLite.", round_trip_),
          {"parzen_leases_expired_total",
           "Trials whose lease ran out because nobody renewed it.",
           MetricType::Counter,
           {CountOf(leases_expired_.Value())}}};
}

void Metrics::SetSources(const Sources& sources) {
  const MutexLock lock(&mutex_);
  sources_ = sources;
}

std::vector<MetricFamily> Metrics::Gauges() const {
  std::vector<MetricFamily> families = ProcessFigures();
  families.push_back({"parzen_build_info",
                      "1; the version is its label.",
                      MetricType::Gauge,
                      {GaugeOf(1, {{"version", std::string(kVersion)}})}});
  const MutexLock lock(&mutex_);
  if (sources_.service == nullptr) return families;
  families.push_back(
      Gauge("parzen_rpc_in_flight", "Calls under way, watches left out.", static_cast<double>(sources_.server->calls())));
  families.push_back(Gauge("parzen_watch_streams", "Watch streams that are open.", sources_.server->streams()));
  families.push_back(Gauge("parzen_live_studies", "Studies in memory.", static_cast<double>(sources_.service->LiveStudies())));
  for (const Figure& figure : sources_.storage()) {
    const std::string name = "parzen_" + figure.name;
    if (families.back().name != name) families.push_back({name, figure.help, MetricType::Gauge, {}});
    auto& metrics = families.back().metric;
    metrics.push_back(figure.reason.empty() ? GaugeOf(figure.value) : GaugeOf(figure.value, {{"reason", figure.reason}}));
  }
  families.push_back(Trials(sources_.service->LiveCounts(studies_)));
  return families;
}

std::string Metrics::NotReadyBecause() const {
  const MutexLock lock(&mutex_);
  if (sources_.server == nullptr) return "starting or ending";
  if (!sources_.server->has_room()) return "too few file descriptors are left for another connection";
  if (!sources_.database_answers()) return "the database does not answer";
  return {};
}

std::string Metrics::Text() const {
  std::vector<MetricFamily> families = Events();
  for (MetricFamily& family : Gauges()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace parzen::metrics
