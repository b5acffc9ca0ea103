#include "server/main/replica.h"

#include <utility>

#include "base/status_macros.h"
#include "server/log/log.h"
#include "server/security/tls.h"

namespace parzen {
namespace {

// It has no streams, and its calls are no client's: they pass no gate but their own.
class PeerFront final : public rpc::Front {
 public:
  explicit PeerFront(grpc::Service* service) : service_(service) {}
  std::vector<grpc::Service*> Open(rpc::CallGate*) override { return {service_}; }
  void CloseStreams(const absl::Status&) override {}
  int streams() const override { return 0; }

 private:
  grpc::Service* const service_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<placement::Membership>> JoinReplicas(const Options& options, storage::Storage* storage) {
  if (options.advertise.empty()) return nullptr;
  if (storage->replicas() == nullptr) {
    return absl::FailedPreconditionError(
        "--advertise is for several servers over one PostgreSQL (--db postgresql://...); this database has one server");
  }
  if (!options.tls.enabled() && !options.tokens.empty()) {
    log::Write(log::Level::kWarn, "replicas call one another in the clear: there is no TLS", {{"advertise", options.advertise}});
  }
  PARZEN_ASSIGN_OR_RETURN(auto membership, placement::Membership::Join(storage->replicas(), options.advertise));
  log::Write(log::Level::kInfo, "replica", {{"id", membership->id()}, {"advertise", options.advertise}});
  return membership;
}

absl::StatusOr<std::unique_ptr<Replica>> Replica::Make(const Options& options, storage::Storage* storage,
                                                       placement::Membership* membership, engine::Service* alone) {
  auto replica = std::make_unique<Replica>();
  replica->alone_ = alone;
  if (membership == nullptr) return replica;
  PARZEN_ASSIGN_OR_RETURN(auto credentials, security::MakePeerCredentials(options.tls, options.peer_ca));
  replica->placement_ = std::make_unique<placement::Placement>(storage, membership, alone, std::move(credentials));
  return replica;
}

std::unique_ptr<rpc::Front> Replica::MakeFront() const {
  return placement_ == nullptr ? nullptr : std::make_unique<PeerFront>(placement_->peer_service());
}

void Replica::Drain(std::chrono::milliseconds bound) const {
  if (placement_ != nullptr) placement_->Drain(bound);
}

std::vector<storage::Figure> Replica::Figures() const {
  return placement_ == nullptr ? std::vector<storage::Figure>() : placement_->Figures();
}

std::vector<std::pair<std::string_view, int64_t>> Replica::FailedForwards() const {
  if (placement_ == nullptr) return {};
  return placement_->failed_forwards().Counts();
}

}  // namespace parzen
