#include "server/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "parzen/v1/parzen.pb.h"
#include "server/metrics/process_figures.h"
#include "server/version.h"

namespace parzen::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Buckets = prometheus::Histogram::BucketBoundaries;

// Seconds: from a tell on a fast disk to a GP's ask with much history.
const Buckets kSeconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
const Buckets kTransactions = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

double Seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

ClientMetric GaugeOf(double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  return metric;
}

MetricFamily Gauge(std::string name, std::string help, double value) {
  return {std::move(name), std::move(help), MetricType::Gauge, {GaugeOf(value)}};
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

Metrics::Metrics(int studies) : studies_(static_cast<size_t>(studies)) {
  calls_ = &prometheus::BuildCounter()
                .Name("parzen_rpc_calls_total")
                .Help("Calls that have ended, by method and code.")
                .Register(registry_);
  auto& durations = prometheus::BuildHistogram()
                        .Name("parzen_rpc_duration_seconds")
                        .Help("Seconds from a call's arrival to its answer, by method; watches left out.")
                        .Register(registry_);
  const auto* service = v1::AskRequest::descriptor()->file()->FindServiceByName("Optimizer");
  for (int i = 0; i < service->method_count(); ++i) {
    auto method = std::make_unique<Method>();
    method->name = service->method(i)->name();
    if (!service->method(i)->server_streaming()) method->duration = &durations.Add({{"method", method->name}}, kSeconds);
    std::string name = method->name;
    methods_.emplace(std::move(name), std::move(method));
  }
  auto& phases = prometheus::BuildHistogram()
                     .Name("parzen_ask_phase_seconds")
                     .Help("Where the time of asks that handed out trials went: wait (for the study's turn), sample, commit.")
                     .Register(registry_);
  wait_ = &phases.Add({{"phase", "wait"}}, kSeconds);
  sample_ = &phases.Add({{"phase", "sample"}}, kSeconds);
  commit_ = &phases.Add({{"phase", "commit"}}, kSeconds);
  batch_ = &prometheus::BuildHistogram()
                .Name("parzen_commit_transactions")
                .Help("Transactions that were made durable together, by commit.")
                .Register(registry_)
                .Add({}, kTransactions);
  commit_duration_ = &prometheus::BuildHistogram()
                          .Name("parzen_commit_duration_seconds")
                          .Help("Seconds that a commit took, with the writing before it.")
                          .Register(registry_)
                          .Add({}, kSeconds);
  leases_expired_ = &prometheus::BuildCounter()
                         .Name("parzen_leases_expired_total")
                         .Help("Trials whose lease ran out because nobody renewed it.")
                         .Register(registry_)
                         .Add({});
}

Metrics::~Metrics() = default;

void Metrics::Ended(std::string_view name, absl::StatusCode code, std::chrono::nanoseconds took) {
  const auto found = methods_.find(absl::string_view(name.data(), name.size()));
  if (found == methods_.end()) return;
  Method& method = *found->second;
  const auto index =
      static_cast<size_t>(code) < kCodes ? static_cast<size_t>(code) : static_cast<size_t>(absl::StatusCode::kUnknown);
  prometheus::Counter* counter = method.calls[index].load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Adding the same labels again gives the same counter.
    const std::string spelled = absl::StatusCodeToString(static_cast<absl::StatusCode>(index));
    counter = &calls_->Add({{"method", method.name}, {"code", spelled}});
    method.calls[index].store(counter, std::memory_order_release);
  }
  counter->Increment();
  if (method.duration != nullptr) method.duration->Observe(Seconds(took));
}

void Metrics::Asked(std::chrono::nanoseconds wait, std::chrono::nanoseconds sample, std::chrono::nanoseconds commit) {
  wait_->Observe(Seconds(wait));
  sample_->Observe(Seconds(sample));
  commit_->Observe(Seconds(commit));
}

void Metrics::LeasesExpired(int64_t trials) { leases_expired_->Increment(static_cast<double>(trials)); }

void Metrics::Committed(int64_t transactions, double seconds) {
  batch_->Observe(static_cast<double>(transactions));
  commit_duration_->Observe(seconds);
}

void Metrics::SetSources(const Sources& sources) {
  const std::lock_guard lock(mutex_);
  sources_ = sources;
}

std::vector<MetricFamily> Metrics::Gauges() const {
  std::vector<MetricFamily> families = ProcessFigures();
  families.push_back({"parzen_build_info",
                      "1; the version is its label.",
                      MetricType::Gauge,
                      {GaugeOf(1, {{"version", std::string(kVersion)}})}});
  const std::lock_guard lock(mutex_);
  if (sources_.service == nullptr) return families;
  families.push_back(
      Gauge("parzen_rpc_in_flight", "Calls under way, watches left out.", static_cast<double>(sources_.server->calls())));
  families.push_back(Gauge("parzen_watch_streams", "Watch streams that are open.", sources_.server->watches()));
  families.push_back(Gauge("parzen_live_studies", "Studies in memory.", static_cast<double>(sources_.service->LiveStudies())));
  for (const storage::Figure& figure : sources_.storage->Figures()) {
    families.push_back(Gauge("parzen_" + figure.name, figure.help, figure.value));
  }
  families.push_back(Trials(sources_.service->LiveCounts(studies_)));
  return families;
}

std::string Metrics::Text() const {
  std::vector<MetricFamily> families = registry_.Collect();
  for (MetricFamily& family : Gauges()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace parzen::metrics
