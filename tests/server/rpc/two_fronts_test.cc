// Two services on one port whose methods share their last names: each has its own roles and its own label.

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "server/optimizer/front.h"
#include "server/rpc/call.h"
#include "server/rpc/grpc_carrier.h"
#include "server/rpc/server.h"
#include "storage/sqlite/sqlite_storage.h"
#include "tests/server/rpc/live_server.h"

namespace parzen {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr security::Method kOtherDeleteStudy{"/other.Service/DeleteStudy", "other.DeleteStudy", security::Role::kReader};

// A call of the other service: it answers what it is asked.
class OtherCall final : public rpc::UnaryCall {
 public:
  OtherCall(rpc::CallGate* gate, std::unique_ptr<rpc::Carrier> carrier)
      : UnaryCall(kOtherDeleteStudy, gate, std::move(carrier)) {}

  void Run() {
    if (const absl::Status admitted = Admit(&request_); !admitted.ok()) return Fail(admitted);
    Answer(request_);
  }

 private:
  ~OtherCall() override = default;
  rpc::CallSubject Subject() const override { return {.study = request_.study()}; }

  v1::DeleteStudyRequest request_;
};

class OtherService final : public grpc::Service {
 public:
  explicit OtherService(rpc::CallGate* gate) {
    // As generated code does it; the service owns both.
    AddMethod(new grpc::internal::RpcServiceMethod("/other.Service/DeleteStudy", grpc::internal::RpcMethod::NORMAL_RPC, nullptr));
    MarkMethodRawCallback(0, new grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>(
                                 [gate](grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) -> grpc::ServerUnaryReactor* {
                                   auto carrier = std::make_unique<rpc::GrpcCarrier>(context, request, response);
                                   grpc::ServerUnaryReactor* const reactor = carrier->reactor();
                                   (new OtherCall(gate, std::move(carrier)))->Run();
                                   return reactor;
                                 }));
  }
};

class OtherFront final : public rpc::Front {
 public:
  std::vector<grpc::Service*> Open(rpc::CallGate* gate) override {
    service_ = std::make_unique<OtherService>(gate);
    return {service_.get()};
  }
  void CloseStreams(const absl::Status&) override {}
  int streams() const override { return 0; }

 private:
  std::unique_ptr<OtherService> service_;
};

class LabelMeter final : public rpc::CallMeter {
 public:
  void Ended(const security::Method& method, absl::StatusCode code, std::chrono::nanoseconds) override {
    const MutexLock lock(&mutex_);
    ++ended_[absl::StrCat(absl::string_view(method.label.data(), method.label.size()), " ", absl::StatusCodeToString(code))];
  }
  std::map<std::string, int> ended() {
    const MutexLock lock(&mutex_);
    return ended_;
  }

 private:
  Mutex mutex_;
  std::map<std::string, int> ended_ GUARDED_BY(mutex_);
};

grpc::Status CallByName(int port, const std::string& path) {
  grpc::GenericStub stub(ConnectTo(port));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  context.AddMetadata("authorization", "Bearer reader-token-0123456789");
  v1::DeleteStudyRequest request;
  request.set_study("a");
  std::string bytes = request.SerializeAsString();
  grpc::Slice slice(bytes);
  grpc::ByteBuffer sent(&slice, 1), answer;
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, path, sent, &queue);
  grpc::Status status;
  call->StartCall();
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

TEST(TwoFrontsTest, MethodsOfTheSameLastNameAreToldApart) {
  const TestDirectory directory;
  std::ofstream(directory.File("tokens")) << "reader-token-0123456789 rita reader\n";
  chmod(directory.File("tokens").c_str(), 0600);
  auto tokens = security::TokenFile::Open(directory.File("tokens"));
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  security::Gate gate(*std::move(tokens), false, {});
  storage::SqliteOptions sqlite;
  sqlite.path = directory.File("studies.db");
  const auto storage = storage::OpenSqlite(std::move(sqlite));
  ASSERT_TRUE(storage.ok()) << storage.status();
  const auto service = engine::Service::Create(storage->get(), {});
  LabelMeter meter;
  std::vector<std::unique_ptr<rpc::Front>> fronts;
  fronts.push_back(optimizer::MakeFront(service.get()));
  fronts.push_back(std::make_unique<OtherFront>());
  rpc::ServerOptions options;
  options.listen = "127.0.0.1:0";
  options.access = &gate;
  options.meter = &meter;
  const auto server = rpc::Server::Start(std::move(fronts), options);
  ASSERT_TRUE(server.ok()) << server.status();

  EXPECT_EQ(Spell(CallByName((*server)->port(), "/other.Service/DeleteStudy")), "OK");
  EXPECT_EQ(Spell(CallByName((*server)->port(), "/parzen.v1.Optimizer/DeleteStudy")), "PERMISSION_DENIED ROLE_TOO_LOW");
  EXPECT_THAT(meter.ended(), UnorderedElementsAre(Pair("other.DeleteStudy OK", 1), Pair("DeleteStudy PERMISSION_DENIED", 1)));
  (*server)->Shutdown(std::chrono::seconds(10));
  EXPECT_TRUE(service->Shutdown(std::chrono::seconds(10)));
}

}  // namespace
}  // namespace parzen
