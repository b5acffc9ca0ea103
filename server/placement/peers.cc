#include "server/placement/peers.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>
#include <vector>

namespace parzen::placement {

// Freed by Ended.
struct Peers::Call {
  std::shared_ptr<Peer> peer;
  grpc::ClientContext context;
  v1::ForwardRequest request;
  v1::ForwardAnswer answer;
  Done done;
};

namespace {

std::shared_ptr<grpc::Channel> Connect(const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  // A replica that has just started is there at once, and one that has gone is not waited for.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  // Two replicas of one process, as tests have them, are two all the same.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

}  // namespace

void Peers::Stop() {
  {
    const MutexLock lock(&mutex_);
    stopped_ = true;
  }
  Keep(std::make_shared<const std::vector<storage::Replica>>());
  std::vector<PeerPtr> dropped;  // destroyed without the lock
  const MutexLock lock(&mutex_);
  while (under_way_ > 0) idle_.Wait(&mutex_);
  dropped.swap(dropped_);
}

Peers::PeerPtr Peers::Begin(const storage::Replica& to, Call* call) {
  const MutexLock lock(&mutex_);
  if (stopped_) return nullptr;
  PeerPtr& peer = peers_[to.id];
  if (peer == nullptr || peer->address != to.address) {
    if (peer != nullptr) dropped_.push_back(peer);
    peer = std::make_shared<Peer>();
    peer->address = to.address;
    peer->stub = v1::Peer::NewStub(Connect(to.address, credentials_));
  }
  call->peer = peer;
  peer->calls.insert(call);
  ++under_way_;
  return peer;
}

void Peers::Forward(const storage::Replica& to, const CallContext& context, v1::ForwardRequest request, Done done) {
  auto owned = std::make_unique<Call>();
  Call* const call = owned.get();
  call->request = std::move(request);
  call->done = std::move(done);
  call->context.AddMetadata(kSecretHeader, to.secret);
  if (!context.trace_parent.empty()) call->context.AddMetadata(kTraceHeader, context.trace_parent);
  if (context.deadline != std::chrono::system_clock::time_point::max()) call->context.set_deadline(context.deadline);
  const PeerPtr peer = Begin(to, call);  // stays until the call has begun, which may have ended by then
  if (peer == nullptr) return call->done(absl::UnavailableError("this replica ends"), {});
  ++forwarded_;
  owned.release();  // to Ended
  peer->stub->async()->Forward(&call->context, &call->request, &call->answer, [this, call](const grpc::Status& status) {
    Ended(call, absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message()));
  });
}

void Peers::Ended(Call* call, const absl::Status& status) {
  std::unique_ptr<Call> owned(call);
  {
    const MutexLock lock(&mutex_);
    call->peer->calls.erase(call);
  }
  call->done(status, std::move(call->answer));
  owned.reset();  // before anybody who waits for the end goes on
  const MutexLock lock(&mutex_);
  if (--under_way_ == 0) idle_.NotifyAll();
}

void Peers::Keep(const Roster& roster) {
  std::vector<PeerPtr> ended;  // destroyed without the lock
  const MutexLock lock(&mutex_);
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    const auto known = peer++;
    if (std::ranges::find(*roster, known->first, &storage::Replica::id) != roster->end()) continue;
    // Under the lock: a call is freed once it is not in the set.
    for (Call* call : known->second->calls) call->context.TryCancel();
    dropped_.push_back(std::move(known->second));
    peers_.erase(known);
  }
  // Whoever is the only one to hold a peer is alone with it: calls begin with those in peers_ only.
  const auto still = std::ranges::partition(dropped_, [](const PeerPtr& peer) { return peer.use_count() > 1; });
  ended.assign(std::make_move_iterator(still.begin()), std::make_move_iterator(still.end()));
  dropped_.erase(still.begin(), still.end());
}

}  // namespace parzen::placement
