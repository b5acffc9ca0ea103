// The way to other replicas: a channel to each, over which calls are forwarded.
//
// A channel is never let go in a callback of gRPC's, but by Keep and Stop: with the last channel of a process goes what runs the
// callbacks, which cannot wait for the end of the thread that it stands on.

#ifndef PARZEN_SERVER_PLACEMENT_PEERS_H_
#define PARZEN_SERVER_PLACEMENT_PEERS_H_

#include <grpcpp/security/credentials.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "base/call_context.h"
#include "base/mutex.h"
#include "parzen/v1/peer.grpc.pb.h"
#include "server/placement/membership.h"
#include "storage/replicas.h"

namespace parzen::placement {

// In a forwarded call's metadata: the secret of the replica that is called.
inline constexpr char kSecretHeader[] = "parzen-peer-secret";
inline constexpr char kTraceHeader[] = "traceparent";

// Thread safe.
class Peers {
 public:
  // Called once, by another thread unless Stop was called: the status of the RPC, and where that is OK the answer.
  using Done = std::function<void(const absl::Status&, v1::ForwardAnswer)>;

  explicit Peers(std::shared_ptr<grpc::ChannelCredentials> credentials) : credentials_(std::move(credentials)) {}
  ~Peers() { Stop(); }
  // Breaks off what is under way, and waits for its end. What is forwarded later is UNAVAILABLE at once. Not from a callback.
  void Stop();

  // The call has as much time as `context` leaves it, and belongs to its trace.
  void Forward(const storage::Replica& to, const CallContext& context, v1::ForwardRequest request, Done done);
  // Breaks off the calls to replicas that are not on the roster: they have stopped, and would say nothing.
  void Keep(const Roster& roster);
  int64_t forwarded() const { return forwarded_.load(); }

 private:
  struct Call;
  struct Peer {
    std::string address;
    std::unique_ptr<v1::Peer::Stub> stub;
    absl::flat_hash_set<Call*> calls;  // under way
  };
  using PeerPtr = std::shared_ptr<Peer>;
  PeerPtr Begin(const storage::Replica& to, Call* call);
  void Ended(Call* call, const absl::Status& status);

  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  std::atomic<int64_t> forwarded_{0};
  Mutex mutex_;
  CondVar idle_;
  absl::flat_hash_map<int64_t, PeerPtr> peers_ GUARDED_BY(mutex_);  // by the replica's id
  std::vector<PeerPtr> dropped_ GUARDED_BY(mutex_);                 // those whose calls may still be ending
  int64_t under_way_ GUARDED_BY(mutex_) = 0;
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace parzen::placement

#endif  // PARZEN_SERVER_PLACEMENT_PEERS_H_
