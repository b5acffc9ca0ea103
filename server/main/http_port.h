// The HTTP port (--http-listen): which guests are on it, and who may reach it.

#ifndef PARZEN_SERVER_MAIN_HTTP_PORT_H_
#define PARZEN_SERVER_MAIN_HTTP_PORT_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "server/http/route.h"
#include "server/http/server.h"
#include "server/main/options.h"

namespace parzen {

// Null where the options want none. `has_room` is asked before each connection is taken.
absl::StatusOr<std::unique_ptr<http::Server>> StartHttp(const Options& options, std::vector<http::Route> routes,
                                                        std::function<bool()> has_room);

}  // namespace parzen

#endif  // PARZEN_SERVER_MAIN_HTTP_PORT_H_
