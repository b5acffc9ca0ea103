// Counts what each peer has in flight, so that one cannot take the whole server.

#ifndef PARZEN_SERVER_SECURITY_IN_FLIGHT_H_
#define PARZEN_SERVER_SECURITY_IN_FLIGHT_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"

namespace parzen::security {

// Thread safe. Outlives its slots.
class InFlight {
 public:
  // One request or stream of a peer, until it is destroyed.
  class Slot {
   public:
    Slot() = default;
    Slot(Slot&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), peer_(std::move(other.peer_)) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(peer_, other.peer_);
      return *this;
    }
    ~Slot() {
      if (owner_ != nullptr) owner_->Leave(peer_);
    }

   private:
    friend class InFlight;
    Slot(InFlight* owner, std::string peer) : owner_(owner), peer_(std::move(peer)) {}
    InFlight* owner_ = nullptr;
    std::string peer_;
  };

  // A slot, or nullopt where the peer has `limit` of them already.
  std::optional<Slot> Enter(std::string_view peer, int64_t limit);
  int64_t Count(std::string_view peer) const;

 private:
  // A peer that has nothing in flight takes no room.
  struct Shard {
    mutable Mutex mutex;
    absl::flat_hash_map<std::string, int64_t> counts GUARDED_BY(mutex);
  };
  const Shard& ShardOf(std::string_view peer) const { return shards_[std::hash<std::string_view>{}(peer) % shards_.size()]; }
  Shard& ShardOf(std::string_view peer) { return shards_[std::hash<std::string_view>{}(peer) % shards_.size()]; }
  void Leave(const std::string& peer);

  std::array<Shard, 16> shards_;
};

// The host of a gRPC peer ("ipv4:10.0.0.7:4711" -> "ipv4:10.0.0.7"): a client gets no more by opening more connections.
std::string_view HostOfPeer(std::string_view peer);

}  // namespace parzen::security

#endif  // PARZEN_SERVER_SECURITY_IN_FLIGHT_H_
