// A worker for soak tests: asks, reports and tells over and over, under its own name, and writes down what the server has
// acknowledged. It may be killed at any moment and started again: it then takes up what it had (resume).
//
//   soak_worker ADDRESS STUDY NAME JOURNAL SEED MODE
//
// MODE "work" goes on until SIGTERM; "drain" ends the trials that this name still has, then what has gone back to the queue,
// until nothing is left. Every call is repeated with its request_id until the server answers; one in eight is sent twice although
// it was answered, and must be answered alike.
//
// Trials are asked for with a lease, which may be lost at any time, since the test sets the server's clocks. Whoever has lost one
// goes on and tells its result all the same: it is late, and welcome where nobody else was first. One trial in twelve is given
// back as preempted.
//
// The journal has a line for each acknowledgement, written in one write(2) before the next call; doubles in hexadecimal:
//   ask NUMBER ATTEMPT PARAMS        PARAMS: the parameters' names and values, serialized, as hexadecimal digits
//   report NUMBER ATTEMPT STEP VALUE
//   tell NUMBER ATTEMPT VALUE
//   late NUMBER ATTEMPT              the server refused: another attempt or an earlier copy of this worker was first
//   lost NUMBER ATTEMPT              the lease was lost, by a Heartbeat or a Report
//   preempted NUMBER ATTEMPT
//   waited MILLISECONDS              the longest that a call of the round took, with its repeats
//   counts REQUESTS RETRIES TWICE    of the round
//   bad TEXT                         an answer that no server may give

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "parzen/v1/error.pb.h"
#include "parzen/v1/parzen.grpc.pb.h"

namespace parzen::soak {
namespace {

volatile std::sig_atomic_t stopping = 0;

constexpr double kLeaseSeconds = 60;

std::string ReasonOf(const grpc::Status& status) {
  v1::ErrorStatus details;
  v1::ErrorInfo info;
  if (!details.ParseFromString(status.error_details()) || details.details().empty()) return "";
  info.ParseFromString(details.details(0).value());
  return info.reason();
}

class Journal {
 public:
  explicit Journal(const char* path) : fd_(open(path, O_WRONLY | O_APPEND | O_CREAT, 0644)) {}
  ~Journal() { close(fd_); }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void Write(const std::string& line) const {
    const std::string text = line + "\n";
    if (write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
  }

 private:
  const int fd_;
};

class Worker {
 public:
  Worker(const std::string& address, std::string study, std::string name, const char* journal, uint64_t seed, bool draining)
      : study_(std::move(study)), name_(std::move(name)), draining_(draining), journal_(journal), random_(seed) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    // A connection that has fallen silent is given up after 30 s.
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
    stub_ = v1::Optimizer::NewStub(grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  }

  // One round: ask for a trial, run it. False where there is none to be had.
  bool Round(bool resume) {
    const bool had_one = RunOne(resume);
    journal_.Write(absl::StrCat("waited ", longest_.count()));
    journal_.Write(absl::StrCat("counts ", requests_, " ", retries_, " ", twice_));
    longest_ = std::chrono::milliseconds(0);
    requests_ = retries_ = twice_ = 0;
    return had_one;
  }

 private:
  bool RunOne(bool resume) {
    v1::AskRequest request;
    request.set_study(study_);
    request.set_worker(name_);
    request.set_resume(resume);
    request.set_lease_seconds(kLeaseSeconds);
    request.set_request_id(Uuid());
    v1::AskResponse response;
    if (resume) {
      // Without a new trial where nothing is left: ask what this name still runs.
      if (!FindUnfinished(&response)) return false;
    } else if (!Call(&v1::Optimizer::Stub::Ask, request, &response).ok()) {
      return false;
    }
    for (const v1::Trial& trial : response.trials()) Run(trial);
    return true;
  }

  template <typename Request, typename Response>
  using Method = grpc::Status (v1::Optimizer::Stub::*)(grpc::ClientContext*, const Request&, Response*);

  std::string Uuid() {
    const uint64_t a = random_(), b = random_();
    return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", a >> 32, (a >> 16) & 0xffff, a & 0xffff, b >> 48, b & 0xffffffffffff);
  }

  bool Chance(int one_in) { return random_() % one_in == 0; }

  template <typename Request, typename Response>
  grpc::Status Try(Method<Request, Response> method, const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    ++requests_;
    return (stub_.get()->*method)(&context, request, response);
  }

  // What says nothing about the request: the connection went, or the server is not there.
  static bool IsPassing(const grpc::Status& status) {
    switch (status.error_code()) {
      case grpc::StatusCode::UNAVAILABLE:
      case grpc::StatusCode::DEADLINE_EXCEEDED:
      case grpc::StatusCode::CANCELLED:
        return true;
      // gRPC's own words for a connection that ended in the middle of an answer.
      case grpc::StatusCode::UNKNOWN:
        return status.error_message() == "Stream removed";
      case grpc::StatusCode::INTERNAL:
        return status.error_message().find("RST_STREAM") != std::string::npos;
      default:
        return false;
    }
  }

  template <typename Request, typename Response>
  grpc::Status Call(Method<Request, Response> method, const Request& request, Response* response) {
    const auto begin = std::chrono::steady_clock::now();
    grpc::Status status = Try(method, request, response);
    while (IsPassing(status)) {
      ++retries_;
      std::this_thread::sleep_for(std::chrono::milliseconds(20 + random_() % 100));
      status = Try(method, request, response);
    }
    longest_ =
        std::max(longest_, std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin));
    if (status.ok() && Chance(8)) {
      Response again;
      const grpc::Status second = Try(method, request, &again);
      ++twice_;
      if (!IsPassing(second) && !(second.ok() && SaysTheSame(*response, again))) {
        journal_.Write(absl::StrCat("bad repeat of ", request.GetTypeName(), ": ", second.error_message(), " ",
                                    absl::CEscape(response->ShortDebugString()),
                                    " != ", absl::CEscape(again.ShortDebugString())));
      }
    }
    if (status.error_code() == grpc::StatusCode::INTERNAL || status.error_code() == grpc::StatusCode::UNKNOWN) {
      journal_.Write(
          absl::StrCat("bad ", request.GetTypeName(), ": ", status.error_code(), " ", absl::CEscape(status.error_message())));
    }
    return status;
  }

  // Handles and parameters; the rest of a trial may have gone on.
  static std::string Essence(const v1::Trial& trial) {
    std::string text = absl::StrCat(trial.handle().study_uid(), "/", trial.handle().number(), "/", trial.handle().attempt(), ";");
    for (const v1::Param& param : trial.params()) text += param.name() + "=" + param.value().SerializeAsString() + ";";
    return text;
  }
  static bool SaysTheSame(const v1::AskResponse& a, const v1::AskResponse& b) {
    return std::equal(a.trials().begin(), a.trials().end(), b.trials().begin(), b.trials().end(),
                      [](const v1::Trial& x, const v1::Trial& y) { return Essence(x) == Essence(y); });
  }
  static bool SaysTheSame(const v1::TellResponse& a, const v1::TellResponse& b) {
    return a.trials_size() == 1 && b.trials_size() == 1 && a.trials(0).state() == b.trials(0).state() &&
           std::equal(a.trials(0).values().begin(), a.trials(0).values().end(), b.trials(0).values().begin(),
                      b.trials(0).values().end()) &&
           Essence(a.trials(0)) == Essence(b.trials(0));
  }
  // A lease may be lost between the two.
  static bool SaysTheSame(const v1::HeartbeatResponse& a, const v1::HeartbeatResponse& b) {
    return a.answers_size() == 1 && b.answers_size() == 1;
  }
  static bool SaysTheSame(const v1::ReportResponse& a, const v1::ReportResponse& b) { return a.advice_size() == b.advice_size(); }
  static bool SaysTheSame(const v1::ListTrialsResponse&, const v1::ListTrialsResponse&) { return true; }

  // This name's running trials, as its next Ask with resume would hand them out; none is made.
  bool FindUnfinished(v1::AskResponse* response) {
    v1::ListTrialsRequest request;
    request.set_study(study_);
    request.set_page_size(10'000);
    request.add_states(v1::Trial::RUNNING);
    do {
      v1::ListTrialsResponse page;
      if (!Call(&v1::Optimizer::Stub::ListTrials, request, &page).ok()) return false;
      for (const v1::Trial& trial : page.trials()) {
        if (trial.worker() == name_) *response->add_trials() = trial;
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return !response->trials().empty();
  }

  void Run(const v1::Trial& trial) {
    const std::string who = absl::StrCat(trial.handle().number(), " ", trial.handle().attempt());
    std::string params;
    for (const v1::Param& param : trial.params()) {
      v1::Param bare;
      bare.set_name(param.name());
      *bare.mutable_value() = param.value();
      params += bare.SerializeAsString();
    }
    journal_.Write(absl::StrCat("ask ", who, " ", absl::BytesToHexString(params)));
    const auto steps = static_cast<int64_t>(random_() % 3);
    for (int64_t step = 0; step < steps; ++step) {
      if (Chance(2)) Beat(trial, who);
      v1::ReportRequest request;
      request.set_request_id(Uuid());
      auto* report = request.add_reports();
      *report->mutable_trial() = trial.handle();
      report->set_step(step);
      report->set_value(std::uniform_real_distribution<double>()(random_));
      v1::ReportResponse response;
      const grpc::Status status = Call(&v1::Optimizer::Stub::Report, request, &response);
      if (ReasonOf(status) == "LEASE_LOST") {
        journal_.Write(absl::StrCat("lost ", who));
        break;
      }
      if (!Settle(status, who)) return;
      journal_.Write(absl::StrCat("report ", who, " ", step, " ", absl::StrFormat("%a", report->value())));
    }
    Tell(trial, who);
  }

  void Beat(const v1::Trial& trial, const std::string& who) {
    v1::HeartbeatRequest request;
    request.set_worker(name_);
    *request.add_trials() = trial.handle();
    v1::HeartbeatResponse response;
    const grpc::Status status = Call(&v1::Optimizer::Stub::Heartbeat, request, &response);
    if (!status.ok() || response.answers_size() != 1 || response.answers(0) == v1::HeartbeatResponse::STOP) {
      journal_.Write(absl::StrCat("bad Heartbeat of ", who, ": ", absl::CEscape(status.error_message())));
    } else if (response.answers(0) == v1::HeartbeatResponse::LEASE_LOST) {
      journal_.Write(absl::StrCat("lost ", who));
    }
  }

  void Tell(const v1::Trial& trial, const std::string& who) {
    v1::TellRequest request;
    request.set_request_id(Uuid());
    auto* outcome = request.add_outcomes();
    *outcome->mutable_trial() = trial.handle();
    const bool preempted = !draining_ && Chance(12);
    if (preempted) {
      outcome->set_state(v1::Trial::FAILED);
      outcome->mutable_failure()->set_kind(v1::Failure::PREEMPTED);
    } else {
      outcome->add_values(std::uniform_real_distribution<double>()(random_));
    }
    v1::TellResponse response;
    if (!Settle(Call(&v1::Optimizer::Stub::Tell, request, &response), who)) return;
    if (preempted) return journal_.Write(absl::StrCat("preempted ", who));
    journal_.Write(absl::StrCat("tell ", who, " ", absl::StrFormat("%a", outcome->values(0))));
  }

  // Whether the call was recorded. It may be refused for one reason only: somebody else had the trial too.
  bool Settle(const grpc::Status& status, const std::string& who) const {
    if (status.ok()) return true;
    const std::string reason = ReasonOf(status);
    if (reason == "OUTCOME_DIFFERS" || reason == "LEASE_LOST" || reason == "TRIAL_FINISHED") {
      journal_.Write(absl::StrCat("late ", who));
    } else {
      journal_.Write(absl::StrCat("bad ", who, ": ", status.error_code(), " ", absl::CEscape(status.error_message())));
    }
    return false;
  }

  const std::string study_, name_;
  const bool draining_;
  const Journal journal_;
  std::mt19937_64 random_;
  std::unique_ptr<v1::Optimizer::Stub> stub_;
  std::chrono::milliseconds longest_{0};
  int64_t requests_ = 0, retries_ = 0, twice_ = 0;
};

}  // namespace
}  // namespace parzen::soak

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fputs("usage: soak_worker ADDRESS STUDY NAME JOURNAL SEED work|drain\n", stderr);
    return 2;
  }
  std::signal(SIGTERM, [](int) { parzen::soak::stopping = 1; });
  const bool draining = std::string(argv[6]) == "drain";
  parzen::soak::Worker worker(argv[1], argv[2], argv[3], argv[4], std::strtoull(argv[5], nullptr, 10), draining);
  while (worker.Round(true)) {
  }
  // Draining, the study has no room for new trials: what is handed out has gone back to the queue.
  while (parzen::soak::stopping == 0 && worker.Round(false)) {
  }
  return 0;
}
