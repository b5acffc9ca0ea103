// Calls of the C++ client go straight to the server that owns a study, once another one has said which that is. The servers are
// in this process, and say what a test wants.

#include "clients/cpp/owners.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "parzen/client.h"
#include "parzen/v1/parzen.grpc.pb.h"

namespace parzen {
inline namespace client {
namespace {

using ::testing::ElementsAre;

// A server; with an `owner` it says that it has asked that one.
class FakeServer final : public v1::Optimizer::Service {
 public:
  explicit FakeServer(std::string storage_id = "the one") : storage_id_(std::move(storage_id)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeServer() override { Stop(); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void Stop() {
    Thaw();
    server_->Shutdown(std::chrono::system_clock::now());
  }
  // From now on nothing is answered.
  void Freeze() {
    const std::lock_guard lock(mutex_);
    frozen_ = true;
  }
  void Thaw() {
    const std::lock_guard lock(mutex_);
    frozen_ = false;
    thawed_.notify_all();
  }

  grpc::Status GetServerInfo(grpc::ServerContext*, const v1::GetServerInfoRequest*, v1::ServerInfo* info) override {
    WaitUntilThawed();
    info->set_storage_id(storage_id_);
    return grpc::Status::OK;
  }
  grpc::Status GetStudy(grpc::ServerContext* context, const v1::GetStudyRequest* request, v1::Study* study) override {
    ++calls;
    WaitUntilThawed();
    if (context->client_metadata().count("authorization") > 0) ++tokens;
    if (!owner.empty()) context->AddTrailingMetadata(kOwnerHeader, owner);
    study->set_name(request->study());
    study->set_uid(1);
    return refusal;
  }
  // Sends revisions from the one that was asked for up to `last_revision`, and stays until the client goes.
  grpc::Status WatchStudy(grpc::ServerContext* context, const v1::WatchStudyRequest* request,
                          grpc::ServerWriter<v1::WatchStudyResponse>* writer) override {
    ++watches;
    if (!owner.empty()) context->AddInitialMetadata(kOwnerHeader, owner);
    for (int64_t revision = request->after_revision() + 1; revision <= last_revision; ++revision) {
      v1::WatchStudyResponse message;
      message.set_revision(revision);
      writer->Write(message);
    }
    if (!refusal.ok()) return refusal;
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return grpc::Status::CANCELLED;
  }

  // Set before it is called.
  std::string owner;
  grpc::Status refusal;
  int64_t last_revision = 1;
  std::atomic<int> calls = 0, tokens = 0, watches = 0;

 private:
  void WaitUntilThawed() {
    std::unique_lock lock(mutex_);
    thawed_.wait(lock, [this] { return !frozen_; });
  }

  const std::string storage_id_;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable thawed_;
  bool frozen_ = false;
  std::unique_ptr<grpc::Server> server_;
};

Client ClientOf(const std::string& address, const std::string& token = "") {
  ClientOptions options;
  options.address = address;
  options.token = token;
  options.timeout = std::chrono::seconds(300);
  return Client::Create(options).value();
}

void Call(const Client& client, int times) {
  for (int i = 0; i < times; ++i) {
    const absl::Status status = client.GetStudy("s").status();
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST(StraightCalls, GoToTheOwnerThatAServerNames) {
  FakeServer owner, other;
  other.owner = owner.address();
  Call(ClientOf(other.address()), 10);
  EXPECT_EQ(other.calls, 1);
  EXPECT_EQ(owner.calls, 9);
}

TEST(StraightCalls, GoBackToTheAddressesThatWereGivenWhereTheOwnerIsGone) {
  FakeServer owner, other;
  other.owner = owner.address();
  const Client client = ClientOf(other.address());
  Call(client, 2);
  owner.Stop();
  Call(client, 8);
  EXPECT_EQ(other.calls, 9);
  EXPECT_EQ(owner.calls, 1);
}

TEST(StraightCalls, GoBackWhereTheOwnerRefusesWhatTheOtherTakes) {
  FakeServer owner, other;
  other.owner = owner.address();
  owner.refusal = {grpc::StatusCode::PERMISSION_DENIED, "this server has other tokens"};
  Call(ClientOf(other.address()), 4);
  EXPECT_EQ(other.calls, 4);
  EXPECT_EQ(owner.calls, 1);
}

TEST(StraightCalls, AnOwnersAnswerStandsWhereTheCallIsToBlame) {
  FakeServer owner, other;
  other.owner = owner.address();
  owner.refusal = {grpc::StatusCode::NOT_FOUND, "no such study"};
  const Client client = ClientOf(other.address());
  Call(client, 1);
  EXPECT_TRUE(absl::IsNotFound(client.GetStudy("s").status()));
  EXPECT_EQ(other.calls, 1);
}

TEST(StraightCalls, GoToNoServerOfAnotherDatabase) {
  FakeServer stranger("another one"), other;
  other.owner = stranger.address();
  Call(ClientOf(other.address()), 4);
  EXPECT_EQ(other.calls, 4);
  EXPECT_EQ(stranger.calls, 0);
}

TEST(StraightCalls, ShowATokenInPlainTextToNobodyWhoWasNotGiven) {
  FakeServer owner, other;
  other.owner = owner.address();
  Call(ClientOf(other.address(), "secret"), 4);
  EXPECT_EQ(other.tokens, 4);
  EXPECT_EQ(owner.calls, 0);
  Call(ClientOf(other.address() + "," + owner.address(), "secret"), 4);
  EXPECT_EQ(other.tokens, 5);
  EXPECT_EQ(owner.tokens, 3);
}

TEST(StraightCalls, LeaveAnOwnerThatSaysNothing) {
  FakeServer owner, other;
  other.owner = owner.address();
  const Client client = ClientOf(other.address());
  Call(client, 2);
  owner.Freeze();
  Call(client, 4);
  EXPECT_EQ(other.calls, 5);
  EXPECT_EQ(owner.calls, 2);
}

std::vector<int64_t> Watched(const Client& client, int64_t last) {
  std::vector<int64_t> revisions;
  const absl::Status status = client.GetStudy("s")->Watch(0, [&](const WatchUpdate& update) {
    revisions.push_back(update.revision);
    return update.revision < last;
  });
  EXPECT_TRUE(status.ok()) << status;
  return revisions;
}

TEST(StraightCalls, AWatchGoesToTheOwnerThatIsKnown) {
  FakeServer owner, other;
  other.owner = owner.address();
  owner.last_revision = 3;
  const Client client = ClientOf(other.address());
  // GetStudy has named the owner already, under the name by which a watch knows its study.
  EXPECT_THAT(Watched(client, 3), ElementsAre(1, 2, 3));
  EXPECT_EQ(other.watches, 0);
  EXPECT_EQ(owner.watches, 1);
}

TEST(StraightCalls, AWatchMovesToTheOwnerThatItsServerNames) {
  FakeServer owner, other;
  owner.last_revision = 3;
  const Client client = ClientOf(other.address());
  const Study study = client.GetStudy("s").value();
  other.owner = owner.address();
  std::vector<int64_t> revisions;
  const absl::Status status = study.Watch(0, [&](const WatchUpdate& update) {
    revisions.push_back(update.revision);
    return update.revision < 3;
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(revisions, ElementsAre(1, 2, 3));
  EXPECT_EQ(other.watches, 1);
  EXPECT_EQ(owner.watches, 1);
}

TEST(StraightCalls, AWatchComesBackWhereItsOwnerBreaksOff) {
  FakeServer owner, other;
  owner.last_revision = 2;
  owner.refusal = {grpc::StatusCode::UNAVAILABLE, "ending"};
  other.last_revision = 3;
  const Client client = ClientOf(other.address());
  const Study study = client.GetStudy("s").value();
  other.owner = owner.address();
  std::vector<int64_t> revisions;
  const absl::Status status = study.Watch(1, [&](const WatchUpdate& update) {
    revisions.push_back(update.revision);
    return update.revision < 3;
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(revisions, ElementsAre(2, 3));
  EXPECT_EQ(owner.watches, 1);
  EXPECT_EQ(other.watches, 2);
}

TEST(StudyKeys, AreWhatARequestNames) {
  v1::GetStudyRequest get;
  EXPECT_EQ(StudyOf(get), "");
  get.set_study("s");
  EXPECT_EQ(StudyOf(get), "name s");
  v1::CreateStudyRequest create;
  create.mutable_study()->set_name("s");
  EXPECT_EQ(StudyOf(create), "name s");
  v1::StopTrialRequest stop;
  stop.mutable_trial()->set_study_uid(7);
  EXPECT_EQ(StudyOf(stop), "uid 7");
  v1::HeartbeatRequest beat;
  for (const uint64_t uid : {7, 7}) beat.add_trials()->set_study_uid(uid);
  EXPECT_EQ(StudyOf(beat), "uid 7");
  beat.add_trials()->set_study_uid(8);
  EXPECT_EQ(StudyOf(beat), "");
  v1::TellRequest tell;
  tell.add_outcomes()->mutable_trial()->set_study_uid(8);
  EXPECT_EQ(StudyOf(tell), "uid 8");
  v1::ReportRequest report;
  report.add_reports()->mutable_trial()->set_study_uid(8);
  EXPECT_EQ(StudyOf(report), "uid 8");
  v1::AddTrialsRequest add;
  add.set_study("s");
  EXPECT_EQ(StudyOf(add), "name s");
  EXPECT_EQ(StudyOf(v1::ListStudiesRequest()), "");
}

TEST(OwnersTest, AreForgottenForAWhileWhereTheyFail) {
  const std::vector<std::string> given = {"a:1", "b:2"};
  const Owners::Clock::time_point now = Owners::Clock::now();
  Owners owners(&given, /*elsewhere=*/false);
  owners.Learn("s", "c:3", now);
  EXPECT_EQ(owners.Of("s"), "");
  owners.Learn("s", "b:2", now);
  owners.Learn("", "b:2", now);
  EXPECT_EQ(owners.Of("s"), "b:2");
  EXPECT_EQ(owners.Of(""), "");
  owners.Shun("b:2", now);
  EXPECT_EQ(owners.Of("s"), "");
  owners.Learn("s", "b:2", now + Owners::kShunned - std::chrono::seconds(1));
  EXPECT_EQ(owners.Of("s"), "");
  owners.Learn("s", "b:2", now + Owners::kShunned);
  EXPECT_EQ(owners.Of("s"), "b:2");
}

TEST(OwnersTest, AreHostsAndPorts) {
  const std::vector<std::string> given = {"a:1"};
  for (const char* wrong : {"", "nonsense", "a:0", "unix:/tmp/s", "a:1,b:2", "a,b:2", "dns:///a:1"}) {
    Owners owners(&given, /*elsewhere=*/true);
    owners.Learn("s", wrong);
    EXPECT_EQ(owners.Of("s"), "") << wrong;
  }
  Owners owners(&given, /*elsewhere=*/true);
  owners.Learn("s", "[::1]:7070");
  EXPECT_EQ(owners.Of("s"), "[::1]:7070");
}

}  // namespace
}  // namespace client
}  // namespace parzen
