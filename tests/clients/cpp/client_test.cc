// The C++ client against a service in this process that notes what it is sent.

#include "parzen/client.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "parzen/v1/parzen.grpc.pb.h"

namespace parzen {
namespace {

using ::testing::Each;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr uint64_t kUid = 42;
constexpr double kLease = 0.03;  // seconds; renewed every ten milliseconds

// One study, whose trials are what a test needs of them.
class FakeOptimizer final : public v1::Optimizer::Service {
 public:
  grpc::Status GetStudy(grpc::ServerContext*, const v1::GetStudyRequest* request, v1::Study* response) override {
    response->set_name(request->study());
    response->set_uid(uid);
    return grpc::Status::OK;
  }
  grpc::Status UpdateStudy(grpc::ServerContext*, const v1::UpdateStudyRequest* request, v1::Study* response) override {
    Note(request->study().uid());
    *response = request->study();
    return grpc::Status::OK;
  }
  grpc::Status Ask(grpc::ServerContext*, const v1::AskRequest* request, v1::AskResponse* response) override {
    Note(request->study_uid());
    v1::Trial* trial = response->add_trials();
    trial->set_state(v1::Trial::RUNNING);
    trial->mutable_handle()->set_study_uid(uid);
    trial->mutable_handle()->set_number(asked_++);
    trial->set_lease_seconds(kLease);
    return grpc::Status::OK;
  }
  grpc::Status Tell(grpc::ServerContext*, const v1::TellRequest* request, v1::TellResponse* response) override {
    {
      const std::lock_guard lock(mutex_);
      tells_.push_back(*request);
      beaten_.notify_all();
    }
    if (away) return {grpc::StatusCode::UNAVAILABLE, "away"};
    *response->add_trials()->mutable_handle() = request->outcomes(0).trial();
    return grpc::Status::OK;
  }
  grpc::Status Enqueue(grpc::ServerContext*, const v1::EnqueueRequest* request, v1::EnqueueResponse* response) override {
    Note(request->study_uid());
    response->mutable_trial()->set_state(v1::Trial::WAITING);
    return grpc::Status::OK;
  }
  grpc::Status AddTrials(grpc::ServerContext*, const v1::AddTrialsRequest* request, v1::AddTrialsResponse* response) override {
    Note(request->study_uid());
    response->set_count(request->trials_size());
    return grpc::Status::OK;
  }
  grpc::Status Heartbeat(grpc::ServerContext*, const v1::HeartbeatRequest* request, v1::HeartbeatResponse* response) override {
    const std::lock_guard lock(mutex_);
    beats_.emplace_back();
    for (const v1::TrialHandle& trial : request->trials()) {
      beats_.back().push_back(trial.number());
      response->add_answers(v1::HeartbeatResponse::CONTINUE);
    }
    beaten_.notify_all();
    return grpc::Status::OK;
  }

  // The uids of the calls that change a study.
  std::vector<uint64_t> Uids() {
    const std::lock_guard lock(mutex_);
    return uids_;
  }
  // Whether a trial is in any of the Heartbeats that begin from now on.
  bool IsRenewed(int64_t trial) {
    std::unique_lock lock(mutex_);
    const size_t from = beats_.size() + 1;  // one may have begun
    EXPECT_TRUE(beaten_.wait_for(lock, std::chrono::seconds(300), [&] { return beats_.size() >= from + 5; }));
    return std::any_of(beats_.begin() + static_cast<std::ptrdiff_t>(from), beats_.end(),
                       [trial](const auto& beat) { return std::find(beat.begin(), beat.end(), trial) != beat.end(); });
  }

  // The tells so far, once there are so many.
  std::vector<v1::TellRequest> Tells(size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(beaten_.wait_for(lock, std::chrono::seconds(300), [&] { return tells_.size() >= count; }));
    return tells_;
  }

  std::atomic<uint64_t> uid = kUid;
  std::atomic<bool> away = false;  // to tells

 private:
  void Note(uint64_t sent) {
    const std::lock_guard lock(mutex_);
    uids_.push_back(sent);
  }

  std::atomic<int64_t> asked_ = 0;
  std::mutex mutex_;
  std::condition_variable beaten_;
  std::vector<uint64_t> uids_;
  std::vector<std::vector<int64_t>> beats_;
  std::vector<v1::TellRequest> tells_;
};

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ClientOptions options;
    options.address = "127.0.0.1:" + std::to_string(port);
    options.timeout = std::chrono::seconds(300);
    client_ = Client::Create(options).value();
  }

  FakeOptimizer service_;
  std::unique_ptr<grpc::Server> server_;
  std::optional<Client> client_;
};

TEST_F(ClientTest, EveryChangeNamesTheStudysUid) {
  Study study = client_->GetStudy("s").value();
  ASSERT_TRUE(study.Ask().ok());
  ASSERT_TRUE(study.Enqueue({}).ok());
  ASSERT_TRUE(study.AddTrials({FrozenTrial()}).ok());
  ASSERT_TRUE(study.Update({.max_trials = 9}).ok());
  ASSERT_TRUE(study.Pause().ok());
  EXPECT_THAT(service_.Uids(), SizeIs(5));
  EXPECT_THAT(service_.Uids(), Each(kUid));
}

TEST_F(ClientTest, RefreshFindsThatAnotherStudyHasTheName) {
  Study study = client_->GetStudy("s").value();
  EXPECT_TRUE(study.Refresh().ok());
  service_.uid = kUid + 1;
  EXPECT_TRUE(absl::IsNotFound(study.Refresh()));
  EXPECT_EQ(study.info().uid, kUid);
}

TEST_F(ClientTest, AnOutcomeThatDidNotGetThroughIsToldAgain) {
  ClientOptions options;
  options.address = client_->address();
  options.timeout = std::chrono::milliseconds(50);
  Client hasty = Client::Create(options).value();
  const Study study = client_->GetStudy("s").value();
  FrozenTrial frozen = study.Ask().value().frozen();
  absl::StatusOr<Study> hasty_study = hasty.GetStudy("s");
  while (!hasty_study.ok()) hasty_study = hasty.GetStudy("s");  // it may be in too great a haste
  Trial trial = hasty_study->Attach(frozen);
  service_.away = true;
  EXPECT_TRUE(absl::IsUnavailable(trial.Tell(0.25)) || absl::IsDeadlineExceeded(trial.Tell(0.25)));
  // Whoever takes that for a failure of the trial must not fail it.
  EXPECT_TRUE(absl::IsUnavailable(trial.Fail("the call failed")));
  const size_t sent = service_.Tells(1).size();
  EXPECT_TRUE(service_.IsRenewed(frozen.number()));
  service_.away = false;
  const std::vector<v1::TellRequest> tells = service_.Tells(sent + 1);
  for (const v1::TellRequest& tell : tells) {
    EXPECT_EQ(tell.outcomes(0).state(), v1::Trial::COMPLETE);
    EXPECT_EQ(tell.outcomes(0).values(0), 0.25);
    EXPECT_EQ(tell.request_id(), tells[0].request_id());
  }
}

TEST_F(ClientTest, ATrialIsRenewedUntilItIsTold) {
  const Study study = client_->GetStudy("s").value();
  absl::StatusOr<Trial> told = study.Ask();
  const absl::StatusOr<Trial> running = study.Ask();
  ASSERT_TRUE(told.ok() && running.ok());
  EXPECT_TRUE(service_.IsRenewed(told->number()));
  ASSERT_TRUE(told->Tell(0.5).ok());
  EXPECT_FALSE(service_.IsRenewed(told->number()));
  EXPECT_FALSE(told->lease_lost());
}

TEST(ClientAddress, IsRefusedAtOnceWhereGrpcWouldReadItOtherwise) {
  for (const char* address : {"localhost", ":7070", "h:", "h:x", "h:-1", "h:0", "h:65536", "::1:7070", "[::1]", "[]:7070",
                              "http://h:7070", "grpc://h:7070", "dns:///h", "unix:", "h:1,", ",h:1", "h:1,,i:2", "h:1,i"}) {
    const absl::Status status = Client::Create({.address = address}).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << address;
    EXPECT_THAT(std::string(status.message()), StartsWith("address: '" + std::string(address) + "' is not HOST:PORT"));
  }
  for (const char* address : {"unix:/run/parzend.sock", "unix-abstract:parzend", "tuner:65535", "[::1]:7070", "dns:///tuner:7070",
                              "ipv6:[::1]:7070", "h:1, i:2,[::1]:3", "unix:/run/a,b.sock", "unix:/run/a.sock,h:1"}) {
    EXPECT_TRUE(Client::Create({.address = address}).ok()) << address;
  }
}

}  // namespace
}  // namespace parzen
