// Does a busy study hold up a small one? Latencies of a small study's Ask on a server that 64 other clients keep busy with
// another study, beside those of an empty call (GetServerInfo) on the same server under the same load, which shows what the
// network stack and the processor's queue alone cost; then with the load held at half of saturation, beside the small study
// alone.
//
//   fair_bench PORT [--clients 64] [--seconds 5]
//
// The clients are threads of this process, each with a connection of its own, so server and clients share the machine.

#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "parzen/v1/parzen.grpc.pb.h"

namespace parzen::bench {
namespace {

using Clock = std::chrono::steady_clock;

std::unique_ptr<v1::Optimizer::Stub> Connect(int port) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto channel = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(30))) std::abort();
  return v1::Optimizer::NewStub(channel);
}

void Check(const grpc::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.error_message().c_str());
  std::exit(1);
}

void CreateStudy(v1::Optimizer::Stub* stub, const std::string& name) {
  v1::CreateStudyRequest request;
  request.mutable_study()->set_name(name);
  request.mutable_study()->mutable_sampler()->mutable_random();
  for (const char* parameter : {"a", "b", "c", "d", "e"}) {
    auto* added = request.mutable_study()->mutable_space()->add_parameters();
    added->set_name(parameter);
    added->mutable_distribution()->mutable_float_()->set_high(1);
  }
  grpc::ClientContext context;
  v1::Study study;
  Check(stub->CreateStudy(&context, request, &study));
}

// Asks and tells; gives the Ask's milliseconds.
double AskAndTell(v1::Optimizer::Stub* stub, const std::string& study) {
  grpc::ClientContext ask_context, tell_context;
  v1::AskRequest ask;
  ask.set_study(study);
  v1::AskResponse asked;
  const Clock::time_point start = Clock::now();
  Check(stub->Ask(&ask_context, ask, &asked));
  const std::chrono::duration<double, std::milli> took = Clock::now() - start;
  v1::TellRequest tell;
  *tell.add_outcomes()->mutable_trial() = asked.trials(0).handle();
  tell.mutable_outcomes(0)->add_values(0.5);
  v1::TellResponse told;
  Check(stub->Tell(&tell_context, tell, &told));
  return took.count();
}

double EmptyCall(v1::Optimizer::Stub* stub) {
  grpc::ClientContext context;
  v1::ServerInfo info;
  const Clock::time_point start = Clock::now();
  Check(stub->GetServerInfo(&context, {}, &info));
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Clients that keep a study busy until this is destroyed: as fast as they can, or `rounds_per_second` all together.
class Load {
 public:
  Load(int port, const std::string& study, int clients, double rounds_per_second) {
    for (int i = 0; i < clients; ++i) stubs_.push_back(Connect(port));
    const auto period =
        rounds_per_second > 0
            ? std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(clients / rounds_per_second))
            : Clock::duration::zero();
    for (int i = 0; i < clients; ++i) {
      threads_.emplace_back([this, study, period, i, clients] {
        Clock::time_point next = Clock::now() + period * i / clients;
        while (!stop_.load(std::memory_order_relaxed)) {
          if (period > Clock::duration::zero()) std::this_thread::sleep_until(next);
          next = std::max(next + period, Clock::now() - period);
          AskAndTell(stubs_[i].get(), study);
          rounds_.fetch_add(1, std::memory_order_relaxed);
        }
      });
    }
  }
  ~Load() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  int64_t rounds() const { return rounds_.load(); }

 private:
  std::vector<std::unique_ptr<v1::Optimizer::Stub>> stubs_;
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> rounds_{0};
  std::vector<std::thread> threads_;
};

struct Latencies {
  double ask_p50, ask_p99, empty_p50, empty_p99;
  size_t calls;
};

double At(std::vector<double>* sorted, double quantile) {
  std::sort(sorted->begin(), sorted->end());
  return (*sorted)[static_cast<size_t>(quantile * static_cast<double>(sorted->size() - 1))];
}

// One client of the small study, which makes an empty call after each round.
Latencies Measure(v1::Optimizer::Stub* stub, const std::string& study, double seconds) {
  std::vector<double> asks, empties;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (Clock::now() < end) {
    asks.push_back(AskAndTell(stub, study));
    empties.push_back(EmptyCall(stub));
  }
  return {At(&asks, 0.5), At(&asks, 0.99), At(&empties, 0.5), At(&empties, 0.99), asks.size()};
}

void Print(const char* what, double load, const Latencies& l) {
  std::printf("%-28s | %9.0f | %8.2f %8.2f | %8.2f %8.2f | %7zu\n", what, load, l.ask_p50, l.ask_p99, l.empty_p50, l.empty_p99,
              l.calls);
  std::fflush(stdout);
}

int Run(int port, int clients, double seconds) {
  const auto stub = Connect(port);
  CreateStudy(stub.get(), "small");
  CreateStudy(stub.get(), "busy");
  Measure(stub.get(), "small", std::min(seconds, 1.0));  // warm
  std::printf("%-28s | %9s | %8s %8s | %8s %8s | %7s\n", "", "load", "Ask p50", "Ask p99", "empty 50", "empty 99", "asks");
  std::printf("%-28s | %9s | %8s %8s | %8s %8s | %7s\n", "", "rounds/s", "ms", "ms", "ms", "ms", "");
  const Latencies alone = Measure(stub.get(), "small", seconds);
  Print("small study alone", 0, alone);
  Latencies full{}, half{};
  double saturated = 0;
  {
    const Load load(port, "busy", clients, 0);
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const int64_t before = load.rounds();
    const Clock::time_point start = Clock::now();
    full = Measure(stub.get(), "small", seconds);
    saturated = static_cast<double>(load.rounds() - before) / std::chrono::duration<double>(Clock::now() - start).count();
  }
  Print("beside a saturating load", saturated, full);
  {
    const Load load(port, "busy", clients, saturated / 2);
    std::this_thread::sleep_for(std::chrono::seconds(1));
    half = Measure(stub.get(), "small", seconds);
  }
  Print("beside half of that", saturated / 2, half);
  std::printf("p99 of Ask / p99 of an empty call, saturated: %.2f (at most 2)\n", full.ask_p99 / full.empty_p99);
  std::printf("p99 of Ask at half load / alone:              %.2f (at most 3)\n", half.ask_p99 / alone.ask_p99);
  std::printf("the same of the empty call, which waits for no commit: %.2f\n", half.empty_p99 / alone.empty_p99);
  return 0;
}

}  // namespace
}  // namespace parzen::bench

int main(int argc, char** argv) {
  int port = 0, clients = 64;
  double seconds = 5;
  CLI::App app("A small study beside a busy one");
  app.add_option("port", port, "Where parzend listens, on 127.0.0.1")->required();
  app.add_option("--clients", clients, "Of the busy study")->capture_default_str();
  app.add_option("--seconds", seconds, "Of each of the three measurements")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return parzen::bench::Run(port, clients, seconds);
}
