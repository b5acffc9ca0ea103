// How much of gRPC's own speed is left: Ask and Tell (random sampler, 5 parameters, synchronous=FULL, a request_id with every
// call) beside an echo of the same API style, channels and message sizes, on the cores that server and clients share.
//
// Each server is a process of its own; each client is a thread with a channel of its own that asks and tells in turn. The servers
// take turns too, round by round, and the median round counts. "1 commit a call" is the same server without group commit.

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "server/engine/service.h"
#include "server/metrics/metrics.h"
#include "server/optimizer/front.h"
#include "server/rpc/server.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/bench/rpc/echo_service.h"

extern char** environ;

namespace parzen::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  std::string serve;  // in a server's process: "echo" or "parzen"
  std::string db;
  bool single_commit = false;
  std::vector<int> clients = {1, 16, 64};
  double seconds = 2;
  int rounds = 3;
  bool request_ids = true;
  std::string dir;
  bool metrics = false;
  bool no_single = false;
};

// ------------------------------------------------------------------------------------------------------------- clients

v1::CreateStudyRequest StudyRequest(const std::string& name) {
  v1::CreateStudyRequest request;
  request.mutable_study()->set_name(name);
  request.mutable_study()->mutable_sampler()->mutable_random();
  request.mutable_study()->mutable_sampler()->set_seed(1);
  const auto add = [&request](const char* parameter) {
    v1::Parameter* added = request.mutable_study()->mutable_space()->add_parameters();
    added->set_name(parameter);
    return added->mutable_distribution();
  };
  v1::FloatDistribution* rate = add("learning_rate")->mutable_float_();
  rate->set_low(1e-5);
  rate->set_high(1e-1);
  rate->set_log(true);
  v1::FloatDistribution* momentum = add("momentum")->mutable_float_();
  momentum->set_low(0);
  momentum->set_high(1);
  v1::IntDistribution* layers = add("layers")->mutable_int_();
  layers->set_low(1);
  layers->set_high(8);
  v1::IntDistribution* units = add("units")->mutable_int_();
  units->set_low(16);
  units->set_high(1024);
  units->set_log(true);
  v1::CategoricalDistribution* optimizer = add("optimizer")->mutable_categorical();
  for (const char* choice : {"adam", "sgd", "rmsprop"}) optimizer->add_choices()->set_string_value(choice);
  return request;
}

std::string RandomUuid(std::mt19937_64* random) {
  const uint64_t a = (*random)(), b = (*random)();
  return absl::StrFormat("%08x-%04x-4%03x-%04x-%012x", a >> 32, a >> 16 & 0xffff, a & 0xfff, b >> 48, b & 0xffffffffffff);
}

std::unique_ptr<v1::Optimizer::Stub> Connect(int port) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  auto channel = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10))) std::abort();
  return v1::Optimizer::NewStub(channel);
}

[[noreturn]] void Die(const char* method, const grpc::Status& status) {
  std::fprintf(stderr, "%s: %s\n", method, status.error_message().c_str());
  std::exit(1);
}

struct Measured {
  size_t calls = 0;
  double per_second = 0;
  double p50_ms = 0, p99_ms = 0;
  double cpu_micros = 0;  // of the server, a call: steadier than the rate on a machine that does other things too
};

// One client's loop until `stop`; gives the latencies of its calls, in microseconds.
std::vector<float> Loop(v1::Optimizer::Stub* stub, const std::string& study, int client, bool request_ids,
                        const std::atomic<bool>* stop) {
  std::mt19937_64 random(std::random_device{}());
  v1::AskRequest ask;
  ask.set_study(study);
  ask.set_worker("worker-" + std::to_string(client));
  v1::TellRequest tell;
  tell.add_outcomes()->add_values(0.5);
  std::vector<float> latencies;
  latencies.reserve(1 << 16);
  const auto timed = [&latencies](const char* method, auto&& call) {
    grpc::ClientContext context;
    const Clock::time_point start = Clock::now();
    const grpc::Status status = call(&context);
    latencies.push_back(std::chrono::duration<float, std::micro>(Clock::now() - start).count());
    if (!status.ok()) Die(method, status);
  };
  while (!stop->load(std::memory_order_relaxed)) {
    v1::AskResponse asked;
    if (request_ids) ask.set_request_id(RandomUuid(&random));
    timed("Ask", [&](grpc::ClientContext* context) { return stub->Ask(context, ask, &asked); });
    v1::TellResponse told;
    if (request_ids) tell.set_request_id(RandomUuid(&random));
    *tell.mutable_outcomes(0)->mutable_trial() = asked.trials(0).handle();
    timed("Tell", [&](grpc::ClientContext* context) { return stub->Tell(context, tell, &told); });
  }
  return latencies;
}

Measured Measure(int port, const std::string& study, int clients, double seconds, bool request_ids) {
  std::vector<std::unique_ptr<v1::Optimizer::Stub>> stubs;
  for (int i = 0; i < clients; ++i) stubs.push_back(Connect(port));
  std::atomic<bool> stop{false};
  std::vector<std::vector<float>> latencies(clients);
  std::vector<std::thread> threads;
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] { latencies[i] = Loop(stubs[i].get(), study, i, request_ids, &stop); });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const double took = std::chrono::duration<double>(Clock::now() - start).count();
  std::vector<float> all;
  for (const auto& some : latencies) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  const auto at = [&all](double quantile) {
    return all[static_cast<size_t>(quantile * static_cast<double>(all.size() - 1))] / 1000.0;
  };
  return {all.size(), static_cast<double>(all.size()) / took, at(0.5), at(0.99)};
}

// ------------------------------------------------------------------------------------------------------------- servers

// Prints the port on stdout and serves until it is killed.
int Serve(const Settings& settings) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::unique_ptr<EchoServer> echo;
  std::unique_ptr<storage::Storage> storage;
  std::unique_ptr<engine::Service> service;
  std::unique_ptr<rpc::Server> server;
  metrics::Metrics meter(100, optimizer::Methods());
  int port = 0;
  if (settings.serve == "echo") {
    v1::AskResponse ask;
    v1::TellResponse tell;
    std::ifstream ask_file(settings.db + ".ask", std::ios::binary), tell_file(settings.db + ".tell", std::ios::binary);
    if (!ask.ParseFromIstream(&ask_file) || !tell.ParseFromIstream(&tell_file)) return 1;
    echo = StartEcho(ask, tell);
    port = echo->port();
  } else {
    storage::SqliteOptions options;
    options.path = settings.db;
    options.group_commit = !settings.single_commit;
    if (settings.metrics) {
      options.committed = [&meter](int64_t transactions, double seconds) { meter.Committed(transactions, seconds); };
    }
    auto opened = storage::OpenSqlite(std::move(options));
    if (!opened.ok()) {
      std::cerr << opened.status().message() << '\n';
      return 1;
    }
    storage = *std::move(opened);
    engine::ServiceOptions engine;
    if (settings.metrics) engine.meter = &meter;
    service = engine::Service::Create(storage.get(), std::move(engine));
    rpc::ServerOptions listen;
    if (settings.metrics) listen.meter = &meter;
    listen.listen = "127.0.0.1:0";
    std::vector<std::unique_ptr<rpc::Front>> fronts;
    fronts.push_back(optimizer::MakeFront(service.get()));
    auto started = rpc::Server::Start(std::move(fronts), listen);
    if (!started.ok()) return 1;
    server = *std::move(started);
    port = server->port();
  }
  std::printf("%d\n", port);
  std::fflush(stdout);
  pause();
  return 0;
}

// A server in a process of its own.
class ServerProcess {
 public:
  ServerProcess(const std::string& kind, const std::string& db, bool single_commit, bool metrics = false) {
    std::array<int, 2> out{};
    if (pipe2(out.data(), O_CLOEXEC) != 0) std::abort();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::vector<std::string> arguments = {"rpc_bench", "--serve", kind, "--db", db};
    if (single_commit) arguments.emplace_back("--single-commit");
    if (metrics) arguments.emplace_back("--metrics");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    if (posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, argv.data(), environ) != 0) std::abort();
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    std::array<char, 16> line{};
    if (read(out[0], line.data(), line.size() - 1) <= 0) std::exit(1);
    close(out[0]);
    port_ = std::atoi(line.data());
  }
  ~ServerProcess() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  int port() const { return port_; }
  // Seconds of all cores so far.
  double Cpu() const {
    clockid_t clock{};
    timespec time{};
    if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  }

 private:
  pid_t pid_ = 0;
  int port_ = 0;
};

// ------------------------------------------------------------------------------------------------------------- the run

// One round of a server's.
Measured Round(const ServerProcess& server, const std::string& study, int clients, const Settings& settings) {
  const double before = server.Cpu();
  Measured measured = Measure(server.port(), study, clients, settings.seconds, settings.request_ids);
  measured.cpu_micros = (server.Cpu() - before) * 1e6 / static_cast<double>(measured.calls);
  return measured;
}

void CreateStudy(int port, const std::string& name) {
  grpc::ClientContext context;
  v1::Study study;
  const grpc::Status status = Connect(port)->CreateStudy(&context, StudyRequest(name), &study);
  if (!status.ok()) Die("CreateStudy", status);
}

// What the echo answers: what the server answered to a worker's first Ask and Tell.
void RecordAnswers(int port, const std::string& path) {
  CreateStudy(port, "sample");
  const auto stub = Connect(port);
  v1::AskRequest ask;
  ask.set_study("sample");
  ask.set_worker("worker-1");
  v1::AskResponse asked;
  grpc::ClientContext ask_context, tell_context;
  if (const auto status = stub->Ask(&ask_context, ask, &asked); !status.ok()) Die("Ask", status);
  v1::TellRequest tell;
  tell.add_outcomes()->add_values(0.5);
  *tell.mutable_outcomes(0)->mutable_trial() = asked.trials(0).handle();
  v1::TellResponse told;
  if (const auto status = stub->Tell(&tell_context, tell, &told); !status.ok()) Die("Tell", status);
  std::ofstream ask_file(path + ".ask", std::ios::binary), tell_file(path + ".tell", std::ios::binary);
  asked.SerializeToOstream(&ask_file);
  told.SerializeToOstream(&tell_file);
  std::printf("answers: Ask %zu bytes, Tell %zu bytes\n", asked.ByteSizeLong(), told.ByteSizeLong());
}

// The round of the median rate; the CPU is that of all rounds.
Measured Median(std::vector<Measured> rounds) {
  std::sort(rounds.begin(), rounds.end(), [](const Measured& a, const Measured& b) { return a.per_second < b.per_second; });
  Measured median = rounds[rounds.size() / 2];
  double cpu = 0, calls = 0;
  for (const Measured& round : rounds) {
    cpu += round.cpu_micros * static_cast<double>(round.calls);
    calls += static_cast<double>(round.calls);
  }
  median.cpu_micros = cpu / calls;
  return median;
}

int Compare(const Settings& settings) {
  const std::string dir = settings.dir.empty() ? "build/bench/rpc" : settings.dir;
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  const ServerProcess parzen("parzen", dir + "/group.db", false);
  RecordAnswers(parzen.port(), dir + "/echo");
  const ServerProcess echo("echo", dir + "/echo", false);
  std::unique_ptr<ServerProcess> other;  // the third column
  if (!settings.no_single || settings.metrics) {
    other = std::make_unique<ServerProcess>("parzen", dir + "/other.db", !settings.metrics, settings.metrics);
  }

  std::printf("%7s | %7s %6s %6s %6s | %7s %6s %6s %6s %6s | %8s %6s %6s %6s %6s\n", "", "echo", "p50", "p99", "CPU", "parzend",
              "p50", "p99", "CPU", "ratio", settings.metrics ? "counting" : "1 commit", "p50", "p99", "CPU", "ratio");
  std::printf("%7s | %7s %6s %6s %6s | %7s %6s %6s %6s %6s | %8s %6s %6s %6s %6s\n", "clients", "RPC/s", "ms", "ms", "us/RPC",
              "RPC/s", "ms", "ms", "us/RPC", "", "RPC/s", "ms", "ms", "us/RPC", "");
  for (const int clients : settings.clients) {
    std::vector<Measured> echoes, grouped, others;
    for (int round = 0; round < settings.rounds; ++round) {
      const std::string study = absl::StrFormat("bench-%d-%d", clients, round);
      echoes.push_back(Round(echo, study, clients, settings));
      CreateStudy(parzen.port(), study);
      grouped.push_back(Round(parzen, study, clients, settings));
      if (other == nullptr) continue;
      CreateStudy(other->port(), study);
      others.push_back(Round(*other, study, clients, settings));
    }
    const Measured e = Median(echoes), g = Median(grouped), s = other == nullptr ? Measured() : Median(others);
    std::printf("%7d | %7.0f %6.2f %6.2f %6.1f | %7.0f %6.2f %6.2f %6.1f %6.3f | %8.0f %6.2f %6.2f %6.1f %6.3f\n", clients,
                e.per_second, e.p50_ms, e.p99_ms, e.cpu_micros, g.per_second, g.p50_ms, g.p99_ms, g.cpu_micros,
                g.per_second / e.per_second, s.per_second, s.p50_ms, s.p99_ms, s.cpu_micros, s.per_second / e.per_second);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace parzen::bench

int main(int argc, char** argv) {
  parzen::bench::Settings settings;
  CLI::App app("Ask and Tell beside a gRPC echo");
  app.add_option("--clients", settings.clients, "Numbers of clients")->delimiter(',')->capture_default_str();
  app.add_option("--seconds", settings.seconds, "Length of a round")->capture_default_str();
  app.add_option("--rounds", settings.rounds, "Rounds; the median counts")->capture_default_str();
  app.add_flag("!--no-request-ids", settings.request_ids, "Calls that are not protected against being sent twice");
  app.add_option("--dir", settings.dir, "Where the databases go; default build/bench/rpc");
  app.add_flag("--no-single", settings.no_single, "Without the server that commits each call for itself");
  app.add_flag("--metrics", settings.metrics,
               "The third column is a server that counts for Prometheus, as with --metrics-listen, instead of one that commits "
               "each call for itself");
  app.add_option("--serve", settings.serve, "Be a server: echo or parzen")->group("");
  app.add_option("--db", settings.db)->group("");
  app.add_flag("--single-commit", settings.single_commit)->group("");
  CLI11_PARSE(app, argc, argv);
  return settings.serve.empty() ? parzen::bench::Compare(settings) : parzen::bench::Serve(settings);
}
