// What other replicas call: one gRPC method that runs a forwarded call here. Only who knows this replica's secret, which stands
// in the database, is a replica; nobody else gets past it, and what a replica says of a call's principal is believed.

#ifndef PARZEN_SERVER_PLACEMENT_PEER_SERVICE_H_
#define PARZEN_SERVER_PLACEMENT_PEER_SERVICE_H_

#include "parzen/v1/peer.grpc.pb.h"
#include "server/placement/membership.h"
#include "server/placement/router.h"

namespace parzen::placement {

class PeerService final : public v1::Peer::CallbackService {
 public:
  // Both outlive it.
  PeerService(Router* router, const Membership* membership) : router_(router), membership_(membership) {}

  // UNAUTHENTICATED without the secret, FAILED_PRECONDITION for another layout, INVALID_ARGUMENT for what is no command.
  grpc::ServerUnaryReactor* Forward(grpc::CallbackServerContext* context, const v1::ForwardRequest* request,
                                    v1::ForwardAnswer* answer) override;

 private:
  grpc::Status Check(const grpc::CallbackServerContext& context, const v1::ForwardRequest& request) const;

  Router* const router_;
  const Membership* const membership_;
};

}  // namespace parzen::placement

#endif  // PARZEN_SERVER_PLACEMENT_PEER_SERVICE_H_
