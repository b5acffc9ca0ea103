// What the port measures of its calls, told to whoever counts it.

#ifndef PARZEN_SERVER_RPC_CALL_METER_H_
#define PARZEN_SERVER_RPC_CALL_METER_H_

#include <chrono>

#include "absl/status/status.h"
#include "server/security/method.h"

namespace parzen::rpc {

// Called as each call ends: cheap, and never blocks. Thread safe.
class CallMeter {
 public:
  virtual ~CallMeter() = default;

  // `took` runs from the call's arrival; for a stream, over its whole life.
  virtual void Ended(const security::Method& method, absl::StatusCode code, std::chrono::nanoseconds took) = 0;
};

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_CALL_METER_H_
