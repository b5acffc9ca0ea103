// gRPC's reflection service (proto/grpc/reflection), by which grpcurl and its like learn what a server offers.
//
// The one that comes with gRPC is served synchronously, by a thread that polls for it alone; it and the threads of callbacks
// would hand each other the polling at every event of every connection (callback_queue.h).

#ifndef PARZEN_SERVER_RPC_REFLECTION_H_
#define PARZEN_SERVER_RPC_REFLECTION_H_

#include <string>
#include <vector>

#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"

namespace parzen::rpc {

// Shows services by what this program knows of their files. Thread safe; outlives the server.
class Reflection final : public grpc::reflection::v1alpha::ServerReflection::CallbackService {
 public:
  // `services`: the full names of those that are served.
  explicit Reflection(std::vector<std::string> services);

  grpc::ServerBidiReactor<grpc::reflection::v1alpha::ServerReflectionRequest,
                          grpc::reflection::v1alpha::ServerReflectionResponse>*
  ServerReflectionInfo(grpc::CallbackServerContext* context) override;

 private:
  const std::vector<std::string> services_;
};

}  // namespace parzen::rpc

#endif  // PARZEN_SERVER_RPC_REFLECTION_H_
