// parzen.v1.Optimizer over HTTP by the Connect protocol: POST /parzen.v1.Optimizer/GetStudy, and so on for every RPC.

#ifndef PARZEN_SERVER_OPTIMIZER_CONNECT_ROUTES_H_
#define PARZEN_SERVER_OPTIMIZER_CONNECT_ROUTES_H_

#include <cstddef>
#include <vector>

#include "server/http/route.h"
#include "server/optimizer/handlers.h"

namespace parzen::optimizer::connect {

// `handlers` outlives the HTTP server. A request's body has at most `max_body` bytes; larger ones are not read.
std::vector<http::Route> MakeRoutes(Handlers* handlers, size_t max_body);

}  // namespace parzen::optimizer::connect

#endif  // PARZEN_SERVER_OPTIMIZER_CONNECT_ROUTES_H_
