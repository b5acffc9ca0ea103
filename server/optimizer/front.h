// The front of parzen.v1.Optimizer, to be handed to rpc::Server, and its routes to http::Server.

#ifndef PARZEN_SERVER_OPTIMIZER_FRONT_H_
#define PARZEN_SERVER_OPTIMIZER_FRONT_H_

#include <chrono>
#include <memory>
#include <vector>

#include "server/engine/service.h"
#include "server/http/route.h"
#include "server/rpc/front.h"
#include "server/security/method.h"

namespace parzen::optimizer {

struct FrontOptions {
  int max_watches = 1000;                           // watch streams at a time; more are refused: RESOURCE_EXHAUSTED LIMIT_WATCHES
  std::chrono::milliseconds slow_consumer{30'000};  // a watch that takes nothing for so long ends: SLOW_CONSUMER
};

// gRPC's front, with the same calls for HTTP beside.
class Front : public rpc::Front {
 public:
  // The calls by the Connect protocol, for an HTTP server that ends before the gRPC server does. Once opened.
  virtual std::vector<http::Route> HttpRoutes() = 0;
};

// `service` outlives the front.
std::unique_ptr<Front> MakeFront(engine::Service* service, const FrontOptions& options = {});

// Every method that the front serves, for whoever lists them before there is a front.
security::Methods Methods();

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_FRONT_H_
