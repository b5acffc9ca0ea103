#include "tests/bench/rpc/echo_service.h"

#include <grpcpp/grpcpp.h>

namespace parzen::bench {
namespace {

using RawAskAndTell = v1::Optimizer::WithRawCallbackMethod_Ask<v1::Optimizer::WithRawCallbackMethod_Tell<v1::Optimizer::Service>>;

class EchoService final : public RawAskAndTell {
 public:
  EchoService(const v1::AskResponse& ask, const v1::TellResponse& tell)
      : ask_(grpc::Slice(ask.SerializeAsString())), tell_(grpc::Slice(tell.SerializeAsString())) {}

  grpc::ServerUnaryReactor* Ask(grpc::CallbackServerContext* context, const grpc::ByteBuffer*,
                                grpc::ByteBuffer* response) override {
    return Answer(ask_, context, response);
  }
  grpc::ServerUnaryReactor* Tell(grpc::CallbackServerContext* context, const grpc::ByteBuffer*,
                                 grpc::ByteBuffer* response) override {
    return Answer(tell_, context, response);
  }

 private:
  static grpc::ServerUnaryReactor* Answer(const grpc::Slice& bytes, grpc::CallbackServerContext* context,
                                          grpc::ByteBuffer* response) {
    grpc::ByteBuffer buffer(&bytes, 1);
    response->Swap(&buffer);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  const grpc::Slice ask_, tell_;
};

class Echo final : public EchoServer {
 public:
  Echo(const v1::AskResponse& ask, const v1::TellResponse& tell) : service_(ask, tell) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~Echo() override { server_->Shutdown(); }
  int port() const override { return port_; }

 private:
  EchoService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

std::unique_ptr<EchoServer> StartEcho(const v1::AskResponse& ask, const v1::TellResponse& tell) {
  return std::make_unique<Echo>(ask, tell);
}

}  // namespace parzen::bench
