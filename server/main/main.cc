// parzend: the Parzen server. Flags, environment and files: see options.h and docs/parzend.md.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/status_macros.h"
#include "server/engine/service.h"
#include "server/http/server.h"
#include "server/log/log.h"
#include "server/main/database_watch.h"
#include "server/main/every.h"
#include "server/main/health.h"
#include "server/main/http_port.h"
#include "server/main/lease_log.h"
#include "server/main/options.h"
#include "server/main/patience.h"
#include "server/main/replica.h"
#include "server/main/signals.h"
#include "server/main/test_clock.h"
#include "server/metrics/metrics.h"
#include "server/metrics/routes.h"
#include "server/optimizer/front.h"
#include "server/optuna/front.h"
#include "server/page/files.h"
#include "server/page/routes.h"
#include "server/rpc/descriptors.h"
#include "server/rpc/server.h"
#include "server/security/gate.h"
#include "server/security/tls.h"
#include "server/version.h"
#include "storage/open.h"

namespace parzen {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kHealthTimeout{5000};
// For the last answers over HTTP to be taken, once the calls have ended.
constexpr milliseconds kLastAnswers{2000};
// For the log's last lines, where nobody may be reading them.
constexpr milliseconds kLogBound{1000};

// One line on stderr, where the log may not be read; exit code 1.
int Fail(const absl::Status& status) {
  const bool written = log::Stop(kLogBound);
  log::WriteLastWords(absl::StrCat("parzend: ", status.message(), "\n"), kLogBound);
  if (!written) _exit(1);
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

// Reads the token file again when it has changed, once a second. Null where there is none.
std::unique_ptr<Every> PollTokens(security::TokenFile* tokens) {
  if (tokens == nullptr) return nullptr;
  return std::make_unique<Every>(milliseconds(1000), [tokens] {
    bool changed = false;
    const absl::Status read = tokens->Poll(&changed);
    const std::string problem(read.message());
    if (!read.ok()) log::Write(log::Level::kError, "tokens left as they are", {{"message", problem}});
    if (changed) log::Write(log::Level::kInfo, "tokens read", {{"tokens", static_cast<int64_t>(tokens->size())}});
  });
}

// Under PARZEN_TEST_CLOCK: has the service look at its clock often, which may have jumped. Else null.
std::unique_ptr<Every> CheckLeasesOften(const TestClock* clock, engine::Service* service) {
  if (clock == nullptr) return nullptr;
  return std::make_unique<Every>(milliseconds(20), [service] { service->CheckLeases(); });
}

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
  for (const std::string& limit : options.limits) PARZEN_RETURN_IF_ERROR(security::SetLimit(limit, &limits));
  std::unique_ptr<security::TokenFile> tokens;
  if (!options.tokens.empty()) {
    PARZEN_ASSIGN_OR_RETURN(tokens, security::TokenFile::Open(options.tokens));
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
  server.slow_call_micros = int64_t{options.slow_ms} * 1000;
  return server;
}

// Ends the process after `bound`, come what may: what was answered is durable.
void EndWithin(milliseconds bound) {
  std::thread([bound] {
    std::this_thread::sleep_for(bound);
    log::WriteLastWords("parzend: the shutdown took too long and was cut off; what was acknowledged is durable\n",
                        milliseconds(0));
    _exit(1);
  }).detach();
}

// What is listened on for calls. HTTP ends before gRPC, whose calls it carries too.
struct Ports {
  std::unique_ptr<rpc::Server> rpc;
  std::unique_ptr<http::Server> http;  // null: none
};

// Streams are told, calls in flight end, the ports close, the engine's last commits are made. False where calls had to be cut
// off.
bool ShutDown(milliseconds grace, const Ports& ports, engine::Service* service) {
  ports.rpc->Drain();
  bool in_time = true;
  std::thread engine([&] { in_time = service->Shutdown(grace); });
  ports.rpc->Shutdown(grace);
  if (ports.http != nullptr) ports.http->Shutdown(std::min(grace, kLastAnswers));
  engine.join();
  return in_time;
}

// The figures of the storage and of the replica, as the metrics show them.
std::vector<metrics::Figure> FiguresOf(const storage::Storage& storage, const Replica& replica, const DatabaseWatch& database) {
  std::vector<storage::Figure> all = storage.Figures();
  std::ranges::move(database.Figures(), std::back_inserter(all));
  std::ranges::move(replica.Figures(), std::back_inserter(all));
  std::vector<metrics::Figure> figures;
  for (storage::Figure& figure : all) {
    figures.push_back({std::move(figure.name), std::move(figure.help), figure.value});
  }
  for (const auto& [reason, count] : replica.FailedForwards()) {
    figures.push_back({"failed_forwards", "Calls that were sent to other replicas and not answered so far, by reason.",
                       static_cast<double>(count), std::string(reason)});
  }
  return figures;
}

// Of all fronts.
std::vector<const security::Method*> AllMethods() {
  const security::Methods native = optimizer::Methods();
  const security::Methods foreign = optuna::Methods();
  std::vector<const security::Method*> methods(native.begin(), native.end());
  methods.insert(methods.end(), foreign.begin(), foreign.end());
  return methods;
}

// The metrics and their HTTP port; neither where that was not asked for.
class Observed {
 public:
  static absl::StatusOr<std::unique_ptr<Observed>> Start(const Options& options) {
    auto observed = std::make_unique<Observed>();
    if (options.metrics_listen.empty()) return observed;
    observed->metrics_ = std::make_unique<metrics::Metrics>(options.metrics_studies, AllMethods());
    http::ServerOptions http;
    http.listen = options.metrics_listen;
    http.flag = "--metrics-listen";
    PARZEN_ASSIGN_OR_RETURN(observed->http_, http::Server::Start(http, metrics::MakeRoutes(observed->metrics_.get())));
    log::Write(log::Level::kInfo, "metrics", {{"address", options.metrics_listen}, {"port", int64_t{observed->http_->port()}}});
    return observed;
  }

  metrics::Metrics* meter() { return metrics_.get(); }
  void Ready(const metrics::Sources& sources) {
    if (metrics_ != nullptr) metrics_->SetSources(sources);
  }
  // From now on nothing of the sources is touched.
  void NotReady() { Ready({}); }

 private:
  std::unique_ptr<metrics::Metrics> metrics_;
  std::unique_ptr<http::Server> http_;
};

absl::StatusOr<std::unique_ptr<storage::Storage>> OpenStorage(const Options& options, metrics::Metrics* meter) {
  storage::OpenOptions kept;
  kept.location = options.db;
  kept.allow_network_fs = options.allow_network_fs;
  kept.warn = [](std::string_view message) { log::Write(log::Level::kWarn, "storage", {{"message", message}}); };
  if (meter != nullptr) {
    kept.committed = [meter](int64_t transactions, double seconds) { meter->Committed(transactions, seconds); };
  }
  return storage::OpenStorage(std::move(kept));
}

// What stands on the database.
struct Kept {
  std::unique_ptr<storage::Storage> storage;
  std::unique_ptr<placement::Membership> membership;  // null: this server is alone
};

// A PostgreSQL that is away is waited for. Joins the replicas before there is an engine: what that takes, it takes as a replica.
absl::StatusOr<Kept> OpenKept(const Options& options, metrics::Metrics* meter, EndSignals* signals) {
  Kept kept;
  const auto open = [&]() -> absl::Status {
    if (kept.storage == nullptr) {
      PARZEN_ASSIGN_OR_RETURN(kept.storage, OpenStorage(options, meter));
    }
    PARZEN_ASSIGN_OR_RETURN(kept.membership, JoinReplicas(options, kept.storage.get()));
    return absl::OkStatus();
  };
  PARZEN_RETURN_IF_ERROR(storage::IsPostgresUrl(options.db) ? TryFor(std::chrono::seconds(options.db_wait_seconds), signals, open)
                                                            : open());
  return kept;
}

// `clock` may be null: the system's clocks.
engine::ServiceOptions EngineOptionsOf(const Options& options, const security::Limits& limits, metrics::Metrics* meter,
                                       TestClock* clock) {
  engine::ServiceOptions engine;
  engine.max_studies = limits.studies;
  engine.compute_threads =
      options.sampler_threads > 0 ? options.sampler_threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  engine.memory_bound = options.study_memory_mib << 20;
  engine.meter = meter;
  engine.leases_expired = [meter](const engine::ExpiredLeases& expired) {
    LogExpired(expired);
    if (meter != nullptr) meter->LeasesExpired(static_cast<int64_t>(expired.trials.size()));
  };
  if (clock != nullptr) {
    engine.wall_micros = [clock] { return clock->WallMicros(); };
    engine.monotonic_micros = [clock] { return clock->MonotonicMicros(); };
  }
  return engine;
}

absl::StatusOr<Ports> OpenPorts(const Options& options, engine::Service* service, const Replica& replica, security::Gate* gate,
                                metrics::Metrics* meter) {
  rpc::ServerOptions rpc = ServerOptionsOf(options);
  rpc.meter = meter;
  rpc.access = gate;
  if (options.tls.enabled()) {
    PARZEN_ASSIGN_OR_RETURN(rpc.credentials, security::MakeTlsCredentials(options.tls));
  }
  auto native = optimizer::MakeFront(service, {.max_watches = options.max_watches});
  optimizer::Front* const calls = native.get();
  std::vector<std::unique_ptr<rpc::Front>> fronts;
  fronts.push_back(std::move(native));
  fronts.push_back(optuna::MakeFront(service));
  if (auto peers = replica.MakeFront(); peers != nullptr) fronts.push_back(std::move(peers));
  Ports ports;
  PARZEN_ASSIGN_OR_RETURN(ports.rpc, rpc::Server::Start(std::move(fronts), rpc));
  std::vector<http::Route> routes = page::MakeRoutes(page::EmbeddedFiles());
  std::ranges::move(calls->HttpRoutes(), std::back_inserter(routes));
  PARZEN_ASSIGN_OR_RETURN(ports.http, StartHttp(options, std::move(routes), &rpc::HasConnectionDescriptor));
  if (!options.port_file.empty()) PARZEN_RETURN_IF_ERROR(WritePort(options.port_file, ports.rpc->port()));
  return ports;
}

// What follows from what becomes of the database. `meter` may be null.
DatabaseWatch::Events DatabaseEvents(rpc::Server* server, engine::Service* alone, metrics::Metrics* meter) {
  DatabaseWatch::Events events;
  events.changed = [server](bool ready) { server->SetServing(ready); };
  events.went_back = [alone](uint64_t uid) { alone->LetGo(uid); };
  if (meter != nullptr) events.answered = [meter](double seconds) { meter->DatabaseAnswered(seconds); };
  return events;
}

// Serves until a signal ends it.
absl::Status Serve(const Options& options, EndSignals* signals) {
  // Made first and ended last: whoever asks is told that the server is alive, and not ready.
  PARZEN_ASSIGN_OR_RETURN(const auto observed, Observed::Start(options));
  metrics::Metrics* const meter = observed->meter();
  PARZEN_ASSIGN_OR_RETURN(const auto gate, MakeGate(options));
  const auto token_reader = PollTokens(gate->tokens());
  PARZEN_ASSIGN_OR_RETURN(const auto clock, OpenTestClock());
  PARZEN_ASSIGN_OR_RETURN(const Kept kept, OpenKept(options, meter, signals));
  storage::Storage* const storage = kept.storage.get();
  placement::Membership* const membership = kept.membership.get();
  const std::unique_ptr<engine::Service> alone =
      engine::Service::Create(storage, EngineOptionsOf(options, gate->limits(), meter, clock.get()));
  PARZEN_ASSIGN_OR_RETURN(const auto replica, Replica::Make(options, storage, membership, alone.get()));
  engine::Service* const service = replica->service();
  const auto lease_checker = CheckLeasesOften(clock.get(), service);
  PARZEN_ASSIGN_OR_RETURN(const Ports ports, OpenPorts(options, service, *replica, gate.get(), meter));
  log::Write(log::Level::kInfo, "listening",
             {{"address", options.listen},
              {"port", int64_t{ports.rpc->port()}},
              {"db", options.db},
              {"version", kVersion},
              {"pid", int64_t{getpid()}}});

  const DatabaseWatch database(storage, membership, DatabaseEvents(ports.rpc.get(), alone.get(), meter));
  observed->Ready(
      {service, ports.rpc.get(), [&] { return FiguresOf(*storage, *replica, database); }, [&] { return database.ready(); }});
  const int signal = signals->Wait();
  observed->NotReady();
  const milliseconds grace(options.shutdown_seconds * 1000);
  log::Write(log::Level::kInfo, "shutting down", {{"signal", int64_t{signal}}, {"seconds", int64_t{options.shutdown_seconds}}});
  signals->NextOneKills();
  EndWithin(grace + milliseconds(5000));
  const auto latest = std::chrono::steady_clock::now() + grace;
  replica->Drain(grace / 2);
  const auto left = std::chrono::duration_cast<milliseconds>(latest - std::chrono::steady_clock::now());
  const bool in_time = ShutDown(std::max(left, milliseconds(0)), ports, service);
  log::Write(log::Level::kInfo, "stopped", {{"calls", in_time ? "finished" : "cut off"}});
  return absl::OkStatus();
}

}  // namespace
}  // namespace parzen

int main(int argc, char** argv) {
  parzen::Options options;
  if (const auto code = parzen::ParseOptions(argc, argv, &options)) return *code;
  parzen::log::Options log;
  absl::Status valid = parzen::log::ParseLevel(options.log_level, &log.level);
  valid.Update(parzen::CheckListen(options.listen, options.health || options.insecure || parzen::IsProtected(options)));
  if (!options.health) valid.Update(parzen::CheckDb(options.db));
  valid.Update(parzen::CheckAdvertise(options.advertise));
  valid.Update(parzen::CheckMetricsListen(options.metrics_listen));
  if (!options.health) valid.Update(parzen::CheckHttp(options));
  if (!valid.ok()) return parzen::Fail(valid);
  if (options.health) {
    parzen::log::RouteLibraries();  // gRPC's own complaints are no log of this process
    const absl::Status health = parzen::CheckHealth(options, parzen::kHealthTimeout);
    return health.ok() ? 0 : parzen::Fail(health);
  }
  log.json = options.log_json;
  // Debian's Abseil, which gRPC locks with, otherwise remembers the order of all locks that are ever held together.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  parzen::rpc::RaiseDescriptorLimit();
  parzen::EndSignals signals;
  parzen::log::Start(log);
  if (const absl::Status served = parzen::Serve(options, &signals); !served.ok()) return parzen::Fail(served);
  // Where nobody reads the log, its thread stays behind with stderr's lock: nothing more may be waited for.
  if (!parzen::log::Stop(parzen::kLogBound)) _exit(0);
  return 0;
}
