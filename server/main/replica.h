// What makes a server one of several over one database (server/placement), where --advertise says so; nothing else.

#ifndef PARZEN_SERVER_MAIN_REPLICA_H_
#define PARZEN_SERVER_MAIN_REPLICA_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/engine/service.h"
#include "server/main/options.h"
#include "server/placement/membership.h"
#include "server/placement/placement.h"
#include "server/rpc/front.h"
#include "storage/storage.h"

namespace parzen {

// Enters the replicas of the storage, which outlives it: before there is an engine, which takes studies from then on. Null
// without
// --advertise; FAILED_PRECONDITION for a storage that has one server only.
absl::StatusOr<std::unique_ptr<placement::Membership>> JoinReplicas(const Options& options, storage::Storage* storage);

// Without a membership its service is `alone`, and every other method does nothing.
class Replica {
 public:
  // All outlive it.
  static absl::StatusOr<std::unique_ptr<Replica>> Make(const Options& options, storage::Storage* storage,
                                                       placement::Membership* membership, engine::Service* alone);

  // What fronts are to call.
  engine::Service* service() const { return placement_ == nullptr ? alone_ : placement_.get(); }
  // What other replicas call; null without them.
  std::unique_ptr<rpc::Front> MakeFront() const;
  // Hands the studies over to other replicas, within `bound`.
  void Drain(std::chrono::milliseconds bound) const;
  std::vector<storage::Figure> Figures() const;
  // By reason; empty without other replicas.
  std::vector<std::pair<std::string_view, int64_t>> FailedForwards() const;

 private:
  engine::Service* alone_ = nullptr;
  std::unique_ptr<placement::Placement> placement_;
};

}  // namespace parzen

#endif  // PARZEN_SERVER_MAIN_REPLICA_H_
