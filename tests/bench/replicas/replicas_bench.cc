// The clients of ./dev bench replicas; bench.py starts the servers, and reads the one line of JSON that each command prints.
//
//   create   makes the studies, number i through the address i modulo how many there are, which then owns it
//   load     so many clients ask and tell for so many seconds: calls a second, milliseconds, processor time a call of the clients
//   forward  one client calls the owner of a study and another replica in turn: what the way through the other one costs
//   touch    one GetStudy a study, from so many clients: how long it takes until every study has been answered

#include <grpcpp/grpcpp.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/replicas/load.h"

namespace parzen::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  std::vector<std::string> addresses;
  std::string prefix = "bench";
  std::string sampler = "random";
  int studies = 12;
  int clients = 64;
  double seconds = 3;
  double warm = 0.5;
  bool anywhere = false;
  int reports = 0;
  int rounds = 1000;
};

std::string NameOf(const Settings& settings, int study) { return settings.prefix + "-" + std::to_string(study); }

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double Since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void Sleep(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

int Create(const Settings& settings) {
  std::vector<Stub> stubs;
  for (const std::string& address : settings.addresses) stubs.push_back(Connect(address));
  for (int i = 0; i < settings.studies; ++i) {
    const size_t owner = static_cast<size_t>(i) % stubs.size();
    CreateStudy(stubs[owner].get(), NameOf(settings, i), settings.sampler);
    Client(Connect(settings.addresses[owner]), NameOf(settings, i), 0).AskAndTell();  // from now on it is the owner
  }
  std::printf("{}\n");
  return 0;
}

// Client c works for study c modulo their number, at the address that owns it; with `anywhere` at one address after another.
std::vector<std::unique_ptr<Client>> MakeClients(const Settings& settings) {
  std::vector<std::unique_ptr<Client>> clients;
  const int addresses = static_cast<int>(settings.addresses.size());
  for (int c = 0; c < settings.clients; ++c) {
    const int study = c % settings.studies;
    const int address = settings.anywhere ? (study + c / settings.studies) % addresses : study % addresses;
    clients.push_back(std::make_unique<Client>(Connect(settings.addresses[address]), NameOf(settings, study), c));
  }
  return clients;
}

int Load(const Settings& settings) {
  const auto clients = MakeClients(settings);
  enum Phase { kWarm, kMeasure, kEnd };
  std::atomic<int> phase{kWarm};
  std::vector<std::thread> threads;
  for (const auto& client : clients) {
    threads.emplace_back([&phase, client = client.get(), reports = settings.reports] {
      while (phase.load(std::memory_order_relaxed) == kWarm) client->AskAndTell(reports);
      client->Forget();
      while (phase.load(std::memory_order_relaxed) == kMeasure) client->AskAndTell(reports);
    });
  }
  Sleep(settings.warm);
  const double cpu = CpuSeconds();
  const Clock::time_point start = Clock::now();
  phase = kMeasure;
  Sleep(settings.seconds);
  phase = kEnd;
  const double took = Since(start), cpu_took = CpuSeconds() - cpu;
  for (std::thread& thread : threads) thread.join();
  std::vector<float> asks, tells, all;
  int unanswered = 0;
  for (const auto& client : clients) {
    asks.insert(asks.end(), client->asks().begin(), client->asks().end());
    tells.insert(tells.end(), client->tells().begin(), client->tells().end());
    unanswered += client->unanswered();
  }
  all = asks;
  all.insert(all.end(), tells.begin(), tells.end());
  // A client's last round may end a moment after the time: with calls of milliseconds that is no matter.
  const auto calls = static_cast<double>(all.size());
  std::printf(
      "{\"clients\": %d, \"calls\": %.0f, \"seconds\": %.4f, \"per_second\": %.1f, \"ask_p50\": %.4f, \"tell_p50\": %.4f, "
      "\"p50\": %.4f, \"p99\": %.4f, \"client_micros\": %.2f, \"unanswered\": %d}\n",
      settings.clients, calls, took, calls / took, Quantile(asks, 0.5), Quantile(tells, 0.5), Quantile(all, 0.5),
      Quantile(all, 0.99), cpu_took * 1e6 / calls, unanswered);
  return 0;
}

// The first address owns the study, the others do not. One call after another, in an order that is drawn, so that all meet the
// same machine and the same disk.
int Forward(const Settings& settings) {
  std::vector<std::unique_ptr<Client>> clients;
  for (size_t i = 0; i < settings.addresses.size(); ++i) {
    clients.push_back(std::make_unique<Client>(Connect(settings.addresses[i]), NameOf(settings, 0), static_cast<int>(i)));
  }
  std::vector<Client*> order;
  for (const auto& client : clients) order.push_back(client.get());
  const auto round = [&order](int rounds) {
    std::mt19937 random(1);
    for (int i = 0; i < rounds; ++i) {
      std::shuffle(order.begin(), order.end(), random);
      for (Client* const client : order) {
        client->AskAndTell();
        client->GetStudy();
      }
    }
  };
  round(settings.rounds / 10);  // warm
  for (const auto& client : clients) client->Forget();
  round(settings.rounds);
  std::printf("[");
  for (const auto& client : clients) {
    std::printf("%s{\"ask_p50\": %.4f, \"tell_p50\": %.4f, \"get_p50\": %.4f}", client == clients.front() ? "" : ", ",
                Quantile(client->asks(), 0.5), Quantile(client->tells(), 0.5), Quantile(client->gets(), 0.5));
  }
  std::printf("]\n");
  return 0;
}

int Touch(const Settings& settings) {
  std::atomic<int> next{0};
  std::vector<std::thread> threads;
  std::vector<Stub> stubs;
  const size_t addresses = settings.addresses.size();
  for (int c = 0; c < settings.clients; ++c) stubs.push_back(Connect(settings.addresses[static_cast<size_t>(c) % addresses]));
  const Clock::time_point start = Clock::now();
  for (const Stub& stub : stubs) {
    threads.emplace_back([&, stub = stub.get()] {
      for (int i = next++; i < settings.studies; i = next++) {
        grpc::ClientContext context;
        v1::GetStudyRequest request;
        request.set_study(NameOf(settings, i));
        v1::Study study;
        if (const auto status = stub->GetStudy(&context, request, &study); !status.ok()) {
          std::fprintf(stderr, "GetStudy: %s\n", status.error_message().c_str());
          std::exit(1);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("{\"studies\": %d, \"seconds\": %.4f}\n", settings.studies, Since(start));
  return 0;
}

int Main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Clients of replicas");
  app.require_subcommand(1);
  app.add_option("--addresses", settings.addresses, "Of the replicas, HOST:PORT")->delimiter(',')->required();
  app.add_option("--prefix", settings.prefix, "Of the studies' names");
  app.add_option("--sampler", settings.sampler, "Of studies that are made: random or tpe");
  app.add_option("--studies", settings.studies);
  app.add_option("--clients", settings.clients);
  app.add_option("--seconds", settings.seconds);
  app.add_option("--warm", settings.warm, "Seconds before those that count");
  app.add_flag("--anywhere", settings.anywhere, "Clients at any replica, instead of their study's owner");
  app.add_option("--reports", settings.reports, "Of load: a trial; neither counted nor timed");
  app.add_option("--rounds", settings.rounds, "Of forward");
  int (*command)(const Settings&) = nullptr;
  const auto add = [&app, &command](const char* name, int (*run)(const Settings&)) {
    app.add_subcommand(name)->callback([&command, run] { command = run; });
  };
  add("create", Create);
  add("load", Load);
  add("forward", Forward);
  add("touch", Touch);
  CLI11_PARSE(app, argc, argv);
  return command(settings);
}

}  // namespace
}  // namespace parzen::bench

int main(int argc, char** argv) { return parzen::bench::Main(argc, argv); }
