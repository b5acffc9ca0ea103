#include "tests/bench/replicas/load.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"

namespace parzen::bench {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Die(const char* method, const grpc::Status& status) {
  std::fprintf(stderr, "%s: %s\n", method, status.error_message().c_str());
  std::exit(1);
}

}  // namespace

Stub Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(30))) {
    std::fprintf(stderr, "%s does not answer\n", address.c_str());
    std::exit(1);
  }
  return v1::Optimizer::NewStub(channel);
}

void CreateStudy(v1::Optimizer::Stub* stub, const std::string& name, const std::string& sampler) {
  v1::CreateStudyRequest request;
  request.mutable_study()->set_name(name);
  if (sampler == "tpe") {
    request.mutable_study()->mutable_sampler()->mutable_tpe();
  } else {
    request.mutable_study()->mutable_sampler()->mutable_random();
  }
  request.mutable_study()->mutable_sampler()->set_seed(1);
  for (const char* parameter : {"a", "b", "c", "d", "e"}) {
    v1::Parameter* added = request.mutable_study()->mutable_space()->add_parameters();
    added->set_name(parameter);
    added->mutable_distribution()->mutable_float_()->set_high(1);
  }
  grpc::ClientContext context;
  v1::Study study;
  if (const auto status = stub->CreateStudy(&context, request, &study); !status.ok()) Die("CreateStudy", status);
}

std::string RandomUuid(std::mt19937_64* random) {
  const uint64_t a = (*random)(), b = (*random)();
  return absl::StrFormat("%08x-%04x-4%03x-%04x-%012x", a >> 32, a >> 16 & 0xffff, a & 0xfff, b >> 48, b & 0xffffffffffff);
}

Client::Client(Stub stub, std::string study, int number)
    : stub_(std::move(stub)),
      study_(std::move(study)),
      worker_(absl::StrFormat("worker-%d", number)),
      random_(std::random_device{}()) {
  for (std::vector<float>* latencies : {&asks_, &tells_}) latencies->reserve(1 << 15);
}

void Client::Forget() {
  for (std::vector<float>* latencies : {&asks_, &tells_, &gets_, &reports_}) latencies->clear();
  unanswered_ = 0;
}

template <typename Call>
void Client::Timed(std::vector<float>* latencies, const char* method, Call call) {
  const Clock::time_point start = Clock::now();
  for (;;) {
    grpc::ClientContext context;
    const grpc::Status status = call(&context);
    if (status.ok()) break;
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE) Die(method, status);
    ++unanswered_;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  latencies->push_back(std::chrono::duration<float, std::milli>(Clock::now() - start).count());
}

void Client::AskAndTell(int reports) {
  v1::AskRequest ask;
  ask.set_study(study_);
  ask.set_worker(worker_);
  ask.set_request_id(RandomUuid(&random_));
  v1::AskResponse asked;
  Timed(&asks_, "Ask", [&](grpc::ClientContext* context) { return stub_->Ask(context, ask, &asked); });
  if (asked.trials().empty()) std::abort();
  for (int step = 0; step < reports; ++step) {
    v1::ReportRequest report;
    report.set_request_id(RandomUuid(&random_));
    v1::IntermediateReport* value = report.add_reports();
    *value->mutable_trial() = asked.trials(0).handle();
    value->set_step(step);
    value->set_value(std::uniform_real_distribution<double>()(random_));
    v1::ReportResponse reported;
    Timed(&reports_, "Report", [&](grpc::ClientContext* context) { return stub_->Report(context, report, &reported); });
  }
  v1::TellRequest tell;
  tell.set_request_id(RandomUuid(&random_));
  v1::Outcome* outcome = tell.add_outcomes();
  *outcome->mutable_trial() = asked.trials(0).handle();
  outcome->add_values(std::uniform_real_distribution<double>()(random_));
  v1::TellResponse told;
  Timed(&tells_, "Tell", [&](grpc::ClientContext* context) { return stub_->Tell(context, tell, &told); });
}

void Client::GetStudy() {
  v1::GetStudyRequest request;
  request.set_study(study_);
  v1::Study study;
  Timed(&gets_, "GetStudy", [&](grpc::ClientContext* context) { return stub_->GetStudy(context, request, &study); });
}

double Quantile(std::vector<float> values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(part * static_cast<double>(values.size() - 1))];
}

}  // namespace parzen::bench
