#include "server/security/in_flight.h"

namespace parzen::security {

std::optional<InFlight::Slot> InFlight::Enter(std::string_view peer, int64_t limit) {
  Shard& shard = ShardOf(peer);
  std::string key(peer);
  const MutexLock lock(&shard.mutex);
  int64_t& count = shard.counts[key];
  if (count >= limit) {
    if (count == 0) shard.counts.erase(key);
    return std::nullopt;
  }
  ++count;
  return Slot(this, std::move(key));
}

void InFlight::Leave(const std::string& peer) {
  Shard& shard = ShardOf(peer);
  const MutexLock lock(&shard.mutex);
  const auto found = shard.counts.find(peer);
  if (found != shard.counts.end() && --found->second == 0) shard.counts.erase(found);
}

int64_t InFlight::Count(std::string_view peer) const {
  const Shard& shard = ShardOf(peer);
  const MutexLock lock(&shard.mutex);
  const auto found = shard.counts.find(std::string(peer));
  return found == shard.counts.end() ? 0 : found->second;
}

std::string_view HostOfPeer(std::string_view peer) {
  if (!peer.starts_with("ipv4:") && !peer.starts_with("ipv6:")) return peer;
  return peer.substr(0, peer.rfind(':'));
}

}  // namespace parzen::security
