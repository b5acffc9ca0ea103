#include "server/optuna/front.h"

#include <optional>

#include "server/optuna/handlers.h"
#include "server/optuna/methods.h"
#include "server/optuna/trials_handlers.h"
#include "server/rpc/call.h"

namespace parzen::optuna {
namespace {

// It has no streams.
class OptunaFront final : public rpc::Front {
 public:
  explicit OptunaFront(engine::Service* service) : service_(service) {}

  std::vector<grpc::Service*> Open(rpc::CallGate* gate) override {
    handlers_.emplace(service_, gate);
    trials_.emplace(service_, gate);
    return {&*handlers_, &*trials_};
  }
  void CloseStreams(const absl::Status&) override {}
  int streams() const override { return 0; }

 private:
  engine::Service* const service_;
  std::optional<OptunaHandlers> handlers_;
  std::optional<OptunaTrialsHandlers> trials_;
};

}  // namespace

std::unique_ptr<rpc::Front> MakeFront(engine::Service* service) { return std::make_unique<OptunaFront>(service); }

security::Methods Methods() { return kMethods; }

}  // namespace parzen::optuna
