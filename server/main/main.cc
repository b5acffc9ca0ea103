// parzend: the Parzen server. Flags, environment and files: see options.h and docs/parzend.md.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/engine/service.h"
#include "server/log/log.h"
#include "server/main/health.h"
#include "server/main/lease_log.h"
#include "server/main/options.h"
#include "server/main/signals.h"
#include "server/main/test_clock.h"
#include "server/metrics/http_server.h"
#include "server/metrics/metrics.h"
#include "server/rpc/server.h"
#include "server/security/gate.h"
#include "server/security/tls.h"
#include "server/version.h"
#include "storage/sqlite/sqlite_storage.h"

namespace parzen {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kHealthTimeout{5000};

// One line on stderr, where the log may not be read; exit code 1.
int Fail(const absl::Status& status) {
  log::Stop();
  std::cerr << "parzend: " << status.message() << std::endl;
  return 1;
}

// Writes the port to a file that appears with its content or not at all.
absl::Status WritePort(const std::string& path, int port) {
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  {
    std::ofstream file(temporary, std::ios::trunc);
    file << port << '\n';
    file.close();
    if (!file) return absl::FailedPreconditionError(absl::StrCat("cannot write the port to ", temporary));
  }
  if (std::rename(temporary.c_str(), path.c_str()) == 0) return absl::OkStatus();
  std::remove(temporary.c_str());
  return absl::FailedPreconditionError(absl::StrCat("cannot write the port to ", path));
}

// Reads the token file again when it has changed, once a second.
class TokenReader {
 public:
  explicit TokenReader(security::TokenFile* tokens) {
    if (tokens != nullptr) thread_ = std::jthread([tokens](std::stop_token stop) { Run(tokens, std::move(stop)); });
  }

 private:
  static void Run(security::TokenFile* tokens, std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; }) && !stop.stop_requested()) {
      bool changed = false;
      const absl::Status read = tokens->Poll(&changed);
      const std::string problem(read.message());
      if (!read.ok()) log::Write(log::Level::kError, "tokens left as they are", {{"message", problem}});
      if (changed) log::Write(log::Level::kInfo, "tokens read", {{"tokens", static_cast<int64_t>(tokens->size())}});
    }
  }

  std::jthread thread_;
};

// Under PARZEN_TEST_CLOCK: has the service look at its clock often, which may have jumped.
class LeaseChecker {
 public:
  LeaseChecker(const TestClock* clock, engine::Service* service) {
    if (clock != nullptr) thread_ = std::jthread([service](std::stop_token stop) { Run(service, std::move(stop)); });
  }

 private:
  static void Run(engine::Service* service, std::stop_token stop) {
    while (!stop.stop_requested()) {
      std::this_thread::sleep_for(milliseconds(20));
      service->CheckLeases();
    }
  }

  std::jthread thread_;
};

// The clock that PARZEN_TEST_CLOCK asks for; null where it is not set.
absl::StatusOr<std::unique_ptr<TestClock>> OpenTestClock() {
  const char* path = std::getenv("PARZEN_TEST_CLOCK");
  if (path == nullptr || *path == '\0') return nullptr;
  log::Write(log::Level::kWarn, "the clocks are a test's: PARZEN_TEST_CLOCK is set", {{"file", path}});
  return TestClock::Open(path);
}

// Who may call, and how much.
absl::StatusOr<std::unique_ptr<security::Gate>> MakeGate(const Options& options) {
  security::Limits limits;
  for (const std::string& limit : options.limits) {
    if (absl::Status set = security::SetLimit(limit, &limits); !set.ok()) return set;
  }
  std::unique_ptr<security::TokenFile> tokens;
  if (!options.tokens.empty()) {
    auto opened = security::TokenFile::Open(options.tokens);
    if (!opened.ok()) return opened.status();
    tokens = *std::move(opened);
    if (tokens->exposed()) {
      log::Write(log::Level::kWarn, "plain tokens can be read by others: chmod 600, or keep their sha256",
                 {{"file", options.tokens}});
    }
    if (!options.tls.enabled()) {
      log::Write(log::Level::kWarn, "tokens travel in the clear: there is no TLS", {{"listen", options.listen}});
    }
  }
  return std::make_unique<security::Gate>(std::move(tokens), options.tls.mutual(), limits);
}

rpc::ServerOptions ServerOptionsOf(const Options& options) {
  rpc::ServerOptions server;
  server.listen = options.listen;
  server.max_message_bytes = options.message_mib << 20;
  server.memory_bytes = options.rpc_memory_mib << 20;
  server.max_streams = options.max_streams;
  server.max_calls = options.max_calls;
  server.max_watches = options.max_watches;
  server.slow_call_micros = int64_t{options.slow_ms} * 1000;
  return server;
}

// Ends the process after `bound`, come what may: what was answered is durable.
void EndWithin(milliseconds bound) {
  std::thread([bound] {
    std::this_thread::sleep_for(bound);
    std::fputs("parzend: the shutdown took too long and was cut off; what was acknowledged is durable\n", stderr);
    _exit(1);
  }).detach();
}

// Streams are told, calls in flight end, the port closes, the engine's last commits are made. False where calls had to be cut
// off.
bool ShutDown(milliseconds grace, rpc::Server* server, engine::Service* service) {
  server->Drain();
  bool in_time = true;
  std::thread engine([&] { in_time = service->Shutdown(grace); });
  server->Shutdown(grace);
  engine.join();
  return in_time;
}

// The metrics and their HTTP port; neither where that was not asked for.
class Observed {
 public:
  static absl::StatusOr<std::unique_ptr<Observed>> Start(const Options& options) {
    auto observed = std::make_unique<Observed>();
    if (options.metrics_listen.empty()) return observed;
    observed->metrics_ = std::make_unique<metrics::Metrics>(options.metrics_studies);
    auto http = metrics::HttpServer::Start(options.metrics_listen, observed->metrics_.get());
    if (!http.ok()) return http.status();
    observed->http_ = *std::move(http);
    log::Write(log::Level::kInfo, "metrics", {{"address", options.metrics_listen}, {"port", int64_t{observed->http_->port()}}});
    return observed;
  }

  metrics::Metrics* meter() { return metrics_.get(); }
  void Ready(const metrics::Sources& sources) {
    if (metrics_ == nullptr) return;
    metrics_->SetSources(sources);
    http_->SetReady(true);
  }
  // From now on nothing of the sources is touched.
  void NotReady() {
    if (metrics_ == nullptr) return;
    http_->SetReady(false);
    metrics_->SetSources({});
  }

 private:
  std::unique_ptr<metrics::Metrics> metrics_;
  std::unique_ptr<metrics::HttpServer> http_;
};

int Serve(const Options& options, EndSignals* signals) {
  rpc::ServerOptions rpc = ServerOptionsOf(options);
  // Made first and ended last: whoever asks is told that the server is alive, and not ready.
  auto observed = Observed::Start(options);
  if (!observed.ok()) return Fail(observed.status());
  rpc.meter = (*observed)->meter();
  auto gate = MakeGate(options);
  if (!gate.ok()) return Fail(gate.status());
  rpc.access = gate->get();
  if (options.tls.enabled()) {
    auto credentials = security::MakeTlsCredentials(options.tls);
    if (!credentials.ok()) return Fail(credentials.status());
    rpc.credentials = *std::move(credentials);
  }
  const TokenReader token_reader((*gate)->tokens());

  storage::SqliteOptions sqlite;
  sqlite.path = options.db;
  sqlite.allow_network_fs = options.allow_network_fs;
  sqlite.warn = [](std::string_view message) { log::Write(log::Level::kWarn, "storage", {{"message", message}}); };
  if (metrics::Metrics* meter = (*observed)->meter(); meter != nullptr) {
    sqlite.committed = [meter](int64_t transactions, double seconds) { meter->Committed(transactions, seconds); };
  }
  auto storage = storage::OpenSqlite(std::move(sqlite));
  if (!storage.ok()) return Fail(storage.status());

  engine::ServiceOptions engine;
  engine.max_studies = (*gate)->limits().studies;
  engine.compute_threads =
      options.sampler_threads > 0 ? options.sampler_threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  engine.memory_bound = options.study_memory_mib << 20;
  engine.meter = (*observed)->meter();
  engine.leases_expired = [meter = (*observed)->meter()](const engine::ExpiredLeases& expired) {
    LogExpired(expired);
    if (meter != nullptr) meter->LeasesExpired(static_cast<int64_t>(expired.trials.size()));
  };
  auto clock = OpenTestClock();
  if (!clock.ok()) return Fail(clock.status());
  if (*clock != nullptr) {
    engine.wall_micros = [clock = clock->get()] { return clock->WallMicros(); };
    engine.monotonic_micros = [clock = clock->get()] { return clock->MonotonicMicros(); };
  }
  const std::unique_ptr<engine::Service> service = engine::Service::Create(storage->get(), std::move(engine));
  const LeaseChecker lease_checker(clock->get(), service.get());

  auto server = rpc::Server::Start(service.get(), rpc);
  if (!server.ok()) return Fail(server.status());
  if (!options.port_file.empty()) {
    if (absl::Status written = WritePort(options.port_file, (*server)->port()); !written.ok()) return Fail(written);
  }
  log::Write(log::Level::kInfo, "listening",
             {{"address", options.listen},
              {"port", int64_t{(*server)->port()}},
              {"db", options.db},
              {"version", kVersion},
              {"pid", int64_t{getpid()}}});

  (*observed)->Ready({service.get(), storage->get(), server->get()});
  const int signal = signals->Wait();
  (*observed)->NotReady();
  const milliseconds grace(options.shutdown_seconds * 1000);
  log::Write(log::Level::kInfo, "shutting down", {{"signal", int64_t{signal}}, {"seconds", int64_t{options.shutdown_seconds}}});
  signals->NextOneKills();
  EndWithin(grace + milliseconds(5000));
  const bool in_time = ShutDown(grace, server->get(), service.get());
  log::Write(log::Level::kInfo, "stopped", {{"calls", in_time ? "finished" : "cut off"}});
  return 0;
}

}  // namespace
}  // namespace parzen

int main(int argc, char** argv) {
  parzen::Options options;
  if (const auto code = parzen::ParseOptions(argc, argv, &options)) return *code;
  parzen::log::Options log;
  absl::Status valid = parzen::log::ParseLevel(options.log_level, &log.level);
  valid.Update(parzen::CheckListen(options.listen, options.health || options.insecure || parzen::IsProtected(options)));
  valid.Update(parzen::CheckMetricsListen(options.metrics_listen));
  if (!valid.ok()) return parzen::Fail(valid);
  if (options.health) {
    parzen::log::RouteLibraries();  // gRPC's own complaints are no log of this process
    const absl::Status health = parzen::CheckHealth(options, parzen::kHealthTimeout);
    return health.ok() ? 0 : parzen::Fail(health);
  }
  log.json = options.log_json;
  parzen::EndSignals signals;
  parzen::log::Start(log);
  const int code = parzen::Serve(options, &signals);
  parzen::log::Stop();
  return code;
}
