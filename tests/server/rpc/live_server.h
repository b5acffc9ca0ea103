// A whole server on a real file: storage, engine and port, in this process; and what tests ask it.

#ifndef PARZEN_TESTS_SERVER_RPC_LIVE_SERVER_H_
#define PARZEN_TESTS_SERVER_RPC_LIVE_SERVER_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "parzen/v1/error.pb.h"
#include "parzen/v1/parzen.grpc.pb.h"
#include "server/engine/service.h"
#include "server/optimizer/front.h"
#include "server/rpc/server.h"
#include "storage/storage.h"

namespace parzen {

// A directory that goes with its test.
class TestDirectory {
 public:
  TestDirectory();
  ~TestDirectory();
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  std::string File(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

class LiveServer {
 public:
  explicit LiveServer(std::string db, rpc::ServerOptions options = {}, engine::ServiceOptions engine = {},
                      optimizer::FrontOptions front = {});
  ~LiveServer() { Stop(); }

  // As on SIGTERM. Start again with Start.
  void Stop();
  void Start();

  int port() const { return server_->port(); }
  rpc::Server* server() { return server_.get(); }
  engine::Service* service() { return service_.get(); }
  // A connection of its own.
  std::shared_ptr<grpc::Channel> Connect() const;

 private:
  const std::string db_;
  rpc::ServerOptions options_;
  const engine::ServiceOptions engine_;
  const optimizer::FrontOptions front_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<engine::Service> service_;
  std::unique_ptr<rpc::Server> server_;
};

std::shared_ptr<grpc::Channel> ConnectTo(int port);

// What a failed call says: "INVALID_ARGUMENT BAD_FIELD study.name". "OK" for one that did not fail. Checks that the details agree
// with the status, and that there is a message.
std::string Spell(const grpc::Status& status);
// The ErrorInfo of a failed call.
v1::ErrorInfo InfoOf(const grpc::Status& status);

template <typename Message>
Message Proto(std::string_view text);  // from protobuf's text format

// Calls a method of the stub with a deadline, so that a server that hangs fails the test: Call(stub, &Stub::Ask, request,
// &response).
template <typename Request, typename Response>
grpc::Status Call(v1::Optimizer::Stub* stub,
                  grpc::Status (v1::Optimizer::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(120));
  return (stub->*method)(&context, request, response);
}

// The same with requests as text, answers thrown away, and failures spelled.
template <typename Request, typename Response>
std::string Try(v1::Optimizer::Stub* stub,
                grpc::Status (v1::Optimizer::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                std::string_view request);

// As above, but the call has to succeed; its answer.
template <typename Request, typename Response>
Response Must(v1::Optimizer::Stub* stub,
              grpc::Status (v1::Optimizer::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              std::string_view request);

// A UUID that no other call of this process gave.
std::string NewUuid();

// "study_uid: 5 number: 1 attempt: 0", to be put into a request's text.
std::string TextOf(const v1::TrialHandle& handle);

bool ParseText(std::string_view text, google::protobuf::Message* message);

// ---------------------------------------------------------------------------------------------------------------------

template <typename Message>
Message Proto(std::string_view text) {
  Message message;
  EXPECT_TRUE(ParseText(text, &message)) << text;
  return message;
}

template <typename Request, typename Response>
std::string Try(v1::Optimizer::Stub* stub,
                grpc::Status (v1::Optimizer::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                std::string_view request) {
  Response response;
  return Spell(Call(stub, method, Proto<Request>(request), &response));
}

template <typename Request, typename Response>
Response Must(v1::Optimizer::Stub* stub,
              grpc::Status (v1::Optimizer::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              std::string_view request) {
  Response response;
  const grpc::Status status = Call(stub, method, Proto<Request>(request), &response);
  EXPECT_TRUE(status.ok()) << Spell(status) << ": " << status.error_message() << "\nfor " << request;
  return response;
}

}  // namespace parzen

#endif  // PARZEN_TESTS_SERVER_RPC_LIVE_SERVER_H_
