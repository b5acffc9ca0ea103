// The front of optuna.StorageService, which Optuna's own clients (GrpcStorageProxy, Optuna 4.2 to 5.0) speak, and of
// parzen.v1.OptunaTrials, which parzen.optuna adds to it; to be handed to rpc::Server. Its studies and trials are those of
// parzen.v1.Optimizer.

#ifndef PARZEN_SERVER_OPTUNA_FRONT_H_
#define PARZEN_SERVER_OPTUNA_FRONT_H_

#include <memory>

#include "server/engine/service.h"
#include "server/rpc/front.h"
#include "server/security/method.h"

namespace parzen::optuna {

// `service` outlives the front.
std::unique_ptr<rpc::Front> MakeFront(engine::Service* service);

// Every method that the front serves, for whoever lists them before there is a front.
security::Methods Methods();

}  // namespace parzen::optuna

#endif  // PARZEN_SERVER_OPTUNA_FRONT_H_
