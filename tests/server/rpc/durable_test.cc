// What survives: every mutating RPC sent again with its request_id, across a restart too; a restart in the middle; many clients
// at once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/server/rpc/live_server.h"

namespace parzen {
namespace {

using Stub = v1::Optimizer::Stub;

constexpr std::string_view kStudy = R"(
  study { name: "a" sampler { random {} seed: 1 } space {
    parameters { name: "x" distribution { float { low: 0 high: 1 } } }
    parameters { name: "y" distribution { int { low: 0 high: 1000000 } } } } })";

// One mutating call: sends it with a request_id and a text that is appended to the request; gives the answer's bytes, or the
// error spelled.
struct Mutation {
  std::string name;
  std::string request;
  std::string other;  // another payload
  std::function<std::string(Stub*, const std::string& request)> send;
};

template <typename Request, typename Response>
std::function<std::string(Stub*, const std::string&)> By(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                                                      Response*)) {
  return [method](Stub* stub, const std::string& text) {
    Response response;
    const grpc::Status status = Call(stub, method, Proto<Request>(text), &response);
    return status.ok() ? response.SerializeAsString() : Spell(status);
  };
}

class DurableTest : public ::testing::Test {
 protected:
  // The calls in an order in which each can be made.
  std::vector<Mutation> Mutations(const v1::TrialHandle& running, const v1::TrialHandle& other) {
    const std::string handle = absl::StrCat("trial {", TextOf(running), "}");
    const std::string second = absl::StrCat("trial {", TextOf(other), "}");
    return {
        {"Ask", "study: 'a' worker: 'w' count: 2", "study: 'a' worker: 'w' count: 3", By(&Stub::Ask)},
        {"Report", absl::StrCat("reports {", handle, " step: 1 value: 2}"),
         absl::StrCat("reports {", handle, " step: 1 value: 3}"), By(&Stub::Report)},
        {"UpdateTrial", absl::StrCat(second, " user_attrs { key: 'k' json: '1' }"),
         absl::StrCat(second, " user_attrs { key: 'k' json: '2' }"), By(&Stub::UpdateTrial)},
        {"Tell", absl::StrCat("outcomes {", handle, " values: 1}"), absl::StrCat("outcomes {", second, " values: 1}"),
         By(&Stub::Tell)},
        {"Enqueue", "study: 'a' params { name: 'x' value { double_value: 0.5 } }",
         "study: 'a' params { name: 'x' value { double_value: 0.6 } }", By(&Stub::Enqueue)},
        {"AddTrials", "study: 'a' trials { state: FAILED }", "study: 'a' trials { state: FAILED } trials { state: FAILED }",
         By(&Stub::AddTrials)},
        {"UpdateStudy", "study { name: 'a' max_trials: 500 } update_mask { paths: 'max_trials' }",
         "study { name: 'a' max_trials: 501 } update_mask { paths: 'max_trials' }", By(&Stub::UpdateStudy)},
        {"CreateStudy", "study { name: 'b' }", "study { name: 'c' }", By(&Stub::CreateStudy)},
        {"DeleteStudy", "study: 'b'", "study: 'c'", By(&Stub::DeleteStudy)},
    };
  }

  TestDirectory directory_;
  LiveServer live_{directory_.File("studies.db")};
};

TEST_F(DurableTest, TheSameRequestIdAnswersTheSameAcrossARestart) {
  auto stub = v1::Optimizer::NewStub(live_.Connect());
  Must(stub.get(), &Stub::CreateStudy, kStudy);
  const auto asked = Must(stub.get(), &Stub::Ask, "study: 'a' count: 2");
  std::vector<Mutation> mutations = Mutations(asked.trials(0).handle(), asked.trials(1).handle());
  std::vector<std::string> answers;
  std::vector<int64_t> revisions;
  for (Mutation& mutation : mutations) {
    SCOPED_TRACE(mutation.name);
    const std::string id = absl::StrCat(" request_id: '", NewUuid(), "'");
    mutation.request += id;
    mutation.other += id;
    answers.push_back(mutation.send(stub.get(), mutation.request));
    ASSERT_EQ(answers.back().find("INVALID"), std::string::npos) << answers.back();
    const int64_t revision = Must(stub.get(), &Stub::GetStudy, "study: 'a'").revision();
    EXPECT_EQ(mutation.send(stub.get(), mutation.request), answers.back());
    EXPECT_EQ(mutation.send(stub.get(), mutation.other), "INVALID_ARGUMENT REQUEST_REUSED");
    EXPECT_EQ(Must(stub.get(), &Stub::GetStudy, "study: 'a'").revision(), revision);
  }
  const auto before = Must(stub.get(), &Stub::ListTrials, "study: 'a' view: FULL");
  live_.Stop();
  live_.Start();
  stub = v1::Optimizer::NewStub(live_.Connect());
  EXPECT_EQ(Must(stub.get(), &Stub::ListTrials, "study: 'a' view: FULL").SerializeAsString(), before.SerializeAsString());
  for (size_t i = 0; i < mutations.size(); ++i) {
    SCOPED_TRACE(mutations[i].name);
    EXPECT_EQ(mutations[i].send(stub.get(), mutations[i].request), answers[i]);
    EXPECT_EQ(mutations[i].send(stub.get(), mutations[i].other), "INVALID_ARGUMENT REQUEST_REUSED");
  }
  EXPECT_EQ(Must(stub.get(), &Stub::ListTrials, "study: 'a' view: FULL").SerializeAsString(), before.SerializeAsString());
}

TEST_F(DurableTest, SuggestSentAgain) {
  auto stub = v1::Optimizer::NewStub(live_.Connect());
  Must(stub.get(), &Stub::CreateStudy, "study { name: 'd' sampler { random {} } }");
  const auto handle = TextOf(Must(stub.get(), &Stub::Ask, "study: 'd'").trials(0).handle());
  const std::string id = NewUuid();
  const auto request = [&](const char* name) {
    return absl::StrCat("request_id: '", id, "' trial {", handle, "} name: '", name,
                        "' distribution { float { low: 0 high: 1 } }");
  };
  const double value = Must(stub.get(), &Stub::Suggest, request("x")).value().double_value();
  live_.Stop();
  live_.Start();
  stub = v1::Optimizer::NewStub(live_.Connect());
  EXPECT_EQ(Must(stub.get(), &Stub::Suggest, request("x")).value().double_value(), value);
  EXPECT_EQ(Try(stub.get(), &Stub::Suggest, request("y")), "INVALID_ARGUMENT REQUEST_REUSED");
}

// A worker as clients are: calls that end UNAVAILABLE are sent again with the same request_id, on a new connection.
class Worker {
 public:
  explicit Worker(std::function<int()> port) : port_(std::move(port)) {}

  template <typename Request, typename Response>
  grpc::Status Persist(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), Request request,
                       Response* response) {
    request.set_request_id(NewUuid());
    for (;;) {
      if (stub_ == nullptr) stub_ = v1::Optimizer::NewStub(ConnectTo(port_()));
      response->Clear();
      const grpc::Status status = Call(stub_.get(), method, request, response);
      if (status.error_code() != grpc::StatusCode::UNAVAILABLE && status.error_code() != grpc::StatusCode::CANCELLED)
        return status;
      stub_.reset();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

 private:
  const std::function<int()> port_;
  std::unique_ptr<Stub> stub_;
};

// Asks and tells until the study is finished; the numbers told.
std::vector<int64_t> AskAndTell(Worker* worker, const std::string& study) {
  std::vector<int64_t> told;
  for (;;) {
    v1::AskResponse asked;
    grpc::Status status = worker->Persist(&Stub::Ask, Proto<v1::AskRequest>("study: '" + study + "'"), &asked);
    if (status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) {
      const std::string reason = InfoOf(status).reason();
      if (reason == "STUDY_FINISHED") return told;
      EXPECT_EQ(reason, "ALL_HANDED_OUT");
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    EXPECT_TRUE(status.ok()) << Spell(status);
    if (!status.ok()) return told;
    v1::TellRequest tell;
    *tell.add_outcomes()->mutable_trial() = asked.trials(0).handle();
    tell.mutable_outcomes(0)->add_values(static_cast<double>(asked.trials(0).handle().number()));
    v1::TellResponse answer;
    status = worker->Persist(&Stub::Tell, tell, &answer);
    EXPECT_TRUE(status.ok()) << Spell(status);
    told.push_back(asked.trials(0).handle().number());
  }
}

void ExpectNumbers(std::vector<int64_t> numbers, int64_t count) {
  std::sort(numbers.begin(), numbers.end());
  ASSERT_EQ(static_cast<int64_t>(numbers.size()), count);
  for (int64_t i = 0; i < count; ++i) ASSERT_EQ(numbers[i], i);
}

// Everything in the file is as it was told.
void ExpectTold(Stub* stub, const std::string& study, int64_t count) {
  std::string token;
  int64_t next = 0;
  do {
    const auto page =
        Must(stub, &Stub::ListTrials, absl::StrCat("study: '", study, "' page_size: 3000 page_token: '", token, "'"));
    for (const v1::Trial& trial : page.trials()) {
      ASSERT_EQ(trial.handle().number(), next++);
      ASSERT_EQ(trial.state(), v1::Trial::COMPLETE);
      ASSERT_EQ(trial.values(0), static_cast<double>(trial.handle().number()));
    }
    token = page.next_page_token();
  } while (!token.empty());
  EXPECT_EQ(next, count);
}

TEST_F(DurableTest, ThirtyTwoClientsTenThousandTrials) {
  constexpr int64_t kTrials = 10'000;
  auto stub = v1::Optimizer::NewStub(live_.Connect());
  Must(stub.get(), &Stub::CreateStudy,
       std::string(kStudy).insert(std::string(kStudy).rfind('}'), absl::StrCat(" max_trials: ", kTrials)));
  std::mutex mutex;
  std::vector<int64_t> numbers;
  std::vector<std::thread> threads;
  for (int i = 0; i < 32; ++i) {
    threads.emplace_back([&] {
      Worker worker([this] { return live_.port(); });
      const std::vector<int64_t> told = AskAndTell(&worker, "a");
      const std::lock_guard lock(mutex);
      numbers.insert(numbers.end(), told.begin(), told.end());
    });
  }
  for (std::thread& thread : threads) thread.join();
  ExpectNumbers(numbers, kTrials);
  ExpectTold(stub.get(), "a", kTrials);
  EXPECT_EQ(Must(stub.get(), &Stub::GetStudy, "study: 'a'").counts().complete(), kTrials);
}

TEST_F(DurableTest, ARestartInTheMiddleLosesNothing) {
  constexpr int64_t kTrials = 1'500;
  auto stub = v1::Optimizer::NewStub(live_.Connect());
  Must(stub.get(), &Stub::CreateStudy,
       std::string(kStudy).insert(std::string(kStudy).rfind('}'), absl::StrCat(" max_trials: ", kTrials)));
  std::atomic<int> port{live_.port()};
  std::mutex mutex;
  std::vector<int64_t> numbers;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      Worker worker([&port] { return port.load(); });
      const std::vector<int64_t> told = AskAndTell(&worker, "a");
      const std::lock_guard lock(mutex);
      numbers.insert(numbers.end(), told.begin(), told.end());
    });
  }
  for (const int64_t after : {kTrials / 4, kTrials / 2}) {
    while (Must(stub.get(), &Stub::GetStudy, "study: 'a'").counts().complete() < after) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    live_.Stop();
    live_.Start();
    port = live_.port();
    stub = v1::Optimizer::NewStub(live_.Connect());
  }
  for (std::thread& thread : threads) thread.join();
  ExpectNumbers(numbers, kTrials);
  ExpectTold(stub.get(), "a", kTrials);
}

}  // namespace
}  // namespace parzen
