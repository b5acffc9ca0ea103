// The request ids of one study: those that were answered (kept in storage, found again by locator) and those under way.
//
// An answered one takes 16 bytes of id and 8 of locator. Not thread safe: under the study's state lock.

#ifndef PARZEN_SERVER_ENGINE_REQUEST_TABLE_H_
#define PARZEN_SERVER_ENGINE_REQUEST_TABLE_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "server/engine/types.h"

namespace parzen::engine {

struct RequestIdHash {
  size_t operator()(const RequestId& id) const {
    uint64_t halves[2];
    std::memcpy(halves, id.data(), sizeof(halves));
    return absl::HashOf(halves[0], halves[1]);
  }
};

class RequestTable {
 public:
  enum class Found {
    kNew,      // it is under way from now on
    kPending,  // the same call is under way: `again` runs when it has ended
    kKept,     // answered before: read it at `locator`
    kReused,   // under way with another payload
  };
  struct Lookup {
    Found found;
    int64_t locator = 0;
  };

  Lookup Begin(const RequestKey& key, const std::function<std::function<void()>()>& make_again);
  // Ends what Begin began; the calls to run again, outside the lock.
  std::vector<std::function<void()>> End(const RequestId& id);

  // Answered or under way.
  bool Knows(const RequestId& id) const { return kept_.contains(id) || pending_.contains(id); }

  int64_t TakeLocator() { return next_locator_++; }
  // Locators grow, also past those of requests that have expired and are known no more: those of a loaded study begin at the
  // time.
  void StartLocators(int64_t now) { next_locator_ = std::max(next_locator_, now); }
  // Answered, and durable. expires_at: 0 for one that lives with its trial.
  void Keep(const RequestId& id, int64_t locator, int64_t expires_at);
  // Storage has it no more.
  void Forget(const RequestId& id) { kept_.erase(id); }
  // Drops those kept since the study was loaded that have expired (storage drops its own).
  void Expire(int64_t now);
  // One that storage knows; locators go on after the highest.
  void Load(const RequestId& id, int64_t locator);

  size_t MemoryBytes() const { return kept_.capacity() * (sizeof(RequestId) + sizeof(int64_t) + 1) + expiring_.size() * 24; }

 private:
  struct Pending {
    uint64_t payload_hash;
    std::vector<std::function<void()>> again;
  };
  absl::flat_hash_map<RequestId, int64_t, RequestIdHash> kept_;
  absl::flat_hash_map<RequestId, Pending, RequestIdHash> pending_;
  std::deque<std::pair<int64_t, RequestId>> expiring_;  // by time
  int64_t next_locator_ = 1;
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_REQUEST_TABLE_H_
