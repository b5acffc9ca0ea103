// The yardstick: Ask and Tell that answer fixed bytes of the sizes that the real ones have, by the same callback API, with
// nothing behind.

#ifndef PARZEN_TESTS_BENCH_RPC_ECHO_SERVICE_H_
#define PARZEN_TESTS_BENCH_RPC_ECHO_SERVICE_H_

#include <memory>
#include <string>

#include "parzen/v1/parzen.grpc.pb.h"

namespace parzen::bench {

struct EchoServer {
  virtual ~EchoServer() = default;
  virtual int port() const = 0;
};

// Listens on a free port of 127.0.0.1.
std::unique_ptr<EchoServer> StartEcho(const v1::AskResponse& ask, const v1::TellResponse& tell);

}  // namespace parzen::bench

#endif  // PARZEN_TESTS_BENCH_RPC_ECHO_SERVICE_H_
