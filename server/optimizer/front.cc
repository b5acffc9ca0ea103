#include "server/optimizer/front.h"

#include <optional>

#include "server/optimizer/connect/routes.h"
#include "server/optimizer/grpc_service.h"
#include "server/optimizer/handlers.h"
#include "server/optimizer/methods.h"
#include "server/optimizer/watch.h"
#include "server/rpc/call.h"

namespace parzen::optimizer {
namespace {

class OptimizerFront final : public Front {
 public:
  OptimizerFront(engine::Service* service, const FrontOptions& options) : service_(service), options_(options) {}

  std::vector<grpc::Service*> Open(rpc::CallGate* gate) override {
    gate_ = gate;
    watches_.emplace(WatchOptions{options_.max_watches, options_.slow_consumer, gate->meter, gate->access});
    handlers_.emplace(service_, gate, &*watches_);
    grpc_.emplace(&*handlers_);
    return {&*grpc_};
  }
  std::vector<http::Route> HttpRoutes() override {
    return connect::MakeRoutes(&*handlers_, static_cast<size_t>(gate_->max_bytes));
  }
  void CloseStreams(const absl::Status& status) override { watches_->CloseAll(status); }
  int streams() const override { return watches_->open(); }

 private:
  engine::Service* const service_;
  const FrontOptions options_;
  rpc::CallGate* gate_ = nullptr;
  std::optional<WatchRegistry> watches_;
  std::optional<Handlers> handlers_;
  std::optional<GrpcService> grpc_;
};

}  // namespace

std::unique_ptr<Front> MakeFront(engine::Service* service, const FrontOptions& options) {
  return std::make_unique<OptimizerFront>(service, options);
}

security::Methods Methods() { return kMethods; }

}  // namespace parzen::optimizer
