// When the leases of a study's trials run out, by the monotonic clock. Kept in memory only: what renews a lease moves its
// deadline here and writes nothing, and whoever loads a study gives every lease a full period. Guarded by its owner.

#ifndef PARZEN_SERVER_ENGINE_LEASE_TABLE_H_
#define PARZEN_SERVER_ENGINE_LEASE_TABLE_H_

#include <cstdint>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace parzen::engine {

class LeaseTable {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  // Gives a trial a lease, or moves its deadline.
  void Set(int64_t number, int64_t deadline) {
    const auto [entry, is_new] = deadlines_.try_emplace(number, deadline);
    if (!is_new) order_.erase({entry->second, number});
    entry->second = deadline;
    order_.insert({deadline, number});
  }
  void Drop(int64_t number) {
    const auto entry = deadlines_.find(number);
    if (entry == deadlines_.end()) return;
    order_.erase({entry->second, number});
    deadlines_.erase(entry);
  }

  bool empty() const { return order_.empty(); }
  // kNever for a trial without a lease.
  int64_t Deadline(int64_t number) const {
    const auto entry = deadlines_.find(number);
    return entry == deadlines_.end() ? kNever : entry->second;
  }
  // The earliest; kNever where there is none.
  int64_t Next() const { return order_.empty() ? kNever : order_.begin()->first; }
  // Trials whose leases have run out at `now`, at most `limit`, the earliest first.
  std::vector<int64_t> Due(int64_t now, size_t limit) const {
    std::vector<int64_t> numbers;
    for (auto at = order_.begin(); at != order_.end() && at->first <= now && numbers.size() < limit; ++at) {
      numbers.push_back(at->second);
    }
    return numbers;
  }

 private:
  absl::flat_hash_map<int64_t, int64_t> deadlines_;
  std::set<std::pair<int64_t, int64_t>> order_;  // deadline, number
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_LEASE_TABLE_H_
