// `parzend --health`: asks the server that runs here with the same options whether it serves, and `parzend --alive` whether it
// lives. For containers' health checks and probes: the image needs no other tool.

#ifndef PARZEN_SERVER_MAIN_HEALTH_H_
#define PARZEN_SERVER_MAIN_HEALTH_H_

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/main/options.h"

namespace parzen {

// Where a server of this machine that listens there is called: 0.0.0.0 and [::] become loopback addresses, and port 0 what the
// port file says. INVALID_ARGUMENT for port 0 without one.
absl::StatusOr<std::string> HealthTarget(const Options& options);

// One call of grpc.health.v1.Health/Check. OK where it answers SERVING within `timeout`, and with --alive where it answers at
// all; else what happened instead. With TLS the call is encrypted but the server's certificate is not verified: it is this
// machine's own, and nothing secret is said. Where clients need a certificate, the server's own is shown, which must then come
// from the clients' authority as well.
absl::Status CheckHealth(const Options& options, std::chrono::milliseconds timeout);

}  // namespace parzen

#endif  // PARZEN_SERVER_MAIN_HEALTH_H_
