// Takes calls to the replica that owns their study.
//
// A call whose study is this replica's runs here. Another replica's is forwarded to it, once: a call that comes from a peer is
// never forwarded again, but refused with NOT_OWNER, and whoever forwarded it looks the owner up anew. A study that is nobody's
// is taken where it is asked for.
//
// While a study changes hands its calls wait and are tried again, for kPatience at most: a client sees a slow call, not an error.
// That is safe, since a call that changes something carries a request_id whenever it is sent to another replica.
//
// Whose a study is, is remembered, and may be wrong: the database decides, when the study is loaded and with every transaction.

#ifndef PARZEN_SERVER_PLACEMENT_ROUTER_H_
#define PARZEN_SERVER_PLACEMENT_ROUTER_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "server/engine/service.h"
#include "server/placement/failed_forwards.h"
#include "server/placement/later.h"
#include "server/placement/membership.h"
#include "server/placement/peers.h"
#include "server/placement/routed_call.h"
#include "storage/replicas.h"

namespace parzen::placement {

// A study that this replica owns, and its calls since the last look.
struct OwnedStudy {
  uint64_t uid;
  int64_t calls;
};

// Thread safe.
class Router {
 public:
  static constexpr std::chrono::milliseconds kPatience{15'000};

  // All outlive it.
  Router(engine::Service* local, storage::Replicas* replicas, Membership* membership, Peers* peers, Later* later)
      : here_{local, later}, replicas_(replicas), membership_(membership), peers_(peers), later_(later) {}

  // Answers the call in the end, from any thread.
  void Dispatch(std::shared_ptr<RoutedCall> call);
  // The name of a study, where it is known here.
  std::optional<std::string> NameOf(uint64_t uid) const;

  // The studies that are this replica's, as far as they were asked for; counts their calls anew.
  std::vector<OwnedStudy> TakeOwned();
  int64_t owned() const;
  int64_t taken() const { return taken_.load(); }
  // Of those, the ones that a dead replica had.
  int64_t taken_over() const { return taken_over_.load(); }

  // Hands studies to another replica (0: to nobody, which is whoever is asked for them next), each once its calls under way have
  // ended; new calls wait for that. Returns at once.
  void HandOver(const std::vector<uint64_t>& uids, int64_t heir);
  // Whether a study is being handed over.
  bool IsMoving() const;
  // What this replica owned is not its any more.
  void ForgetOwned();
  // From now on studies that are nobody's are left to others.
  void TakeNoMore() { takes_ = false; }
  // From now on calls are refused: SHUTTING_DOWN.
  void Close() { closed_ = true; }
  // Calls that were forwarded and not answered.
  const FailedForwards& failed() const { return failed_; }
  // Calls that run here.
  int64_t running() const { return running_.load(); }

 private:
  static constexpr int64_t kTaking = -1;  // nobody: it is being taken
  // What is remembered of a study.
  struct Place {
    uint64_t uid = 0;
    std::string name;
    int64_t owner = 0;  // a replica; this one: its calls run here
    bool is_here = false;
    bool is_moving = false;  // being taken or handed over: calls wait
    int64_t heir = kTaking;  // whom it is handed over to
    int64_t under_way = 0;   // calls that run here
    int64_t calls = 0;       // since the last look
    std::vector<std::shared_ptr<RoutedCall>> waiting;
  };
  using PlacePtr = std::shared_ptr<Place>;

  PlacePtr Find(const Target& target) const REQUIRES(mutex_);
  void Forget(const PlacePtr& place) EXCLUDES(mutex_);
  // Looks the owner up, and goes on.
  void Resolve(const std::shared_ptr<RoutedCall>& call);
  // Begins to own a study.
  void Take(const storage::Ownership& found, const std::shared_ptr<RoutedCall>& call);
  void RunHere(const std::shared_ptr<RoutedCall>& call, const PlacePtr& place);
  void Ended(const std::shared_ptr<RoutedCall>& call, const PlacePtr& place, const absl::Status& status);
  void Forward(const std::shared_ptr<RoutedCall>& call, const PlacePtr& place, int64_t owner);
  void Answered(const std::shared_ptr<RoutedCall>& call, const PlacePtr& place, const std::string& address,
                const absl::Status& rpc, const v1::ForwardAnswer& answer);
  // Tries again in a while, or gives up with `why`.
  void Again(const std::shared_ptr<RoutedCall>& call, const absl::Status& why);
  void FinishHandOver(const std::vector<PlacePtr>& places, int64_t heir);
  // Lets the calls that wait for a place go on.
  void Settle(const PlacePtr& place, bool forget);

  const Here here_;
  storage::Replicas* const replicas_;
  Membership* const membership_;
  Peers* const peers_;
  Later* const later_;
  std::atomic<bool> takes_{true};
  std::atomic<bool> closed_{false};
  std::atomic<int64_t> running_{0};
  std::atomic<int64_t> taken_{0};
  std::atomic<int64_t> taken_over_{0};
  FailedForwards failed_;

  mutable Mutex mutex_;
  absl::flat_hash_map<uint64_t, PlacePtr> places_ GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, uint64_t> uids_ GUARDED_BY(mutex_);  // of places, by name
};

}  // namespace parzen::placement

#endif  // PARZEN_SERVER_PLACEMENT_ROUTER_H_
