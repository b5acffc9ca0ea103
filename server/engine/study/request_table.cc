#include "server/engine/study/request_table.h"

#include <algorithm>

namespace parzen::engine {

RequestTable::Lookup RequestTable::Begin(const RequestKey& key, const std::function<std::function<void()>()>& make_again) {
  if (const auto kept = kept_.find(*key.id); kept != kept_.end()) return {Found::kKept, kept->second};
  const auto [entry, is_new] = pending_.try_emplace(*key.id, Pending{key.payload_hash, {}});
  if (is_new) return {Found::kNew};
  if (entry->second.payload_hash != key.payload_hash) return {Found::kReused};
  entry->second.again.push_back(make_again());
  return {Found::kPending};
}

std::vector<std::function<void()>> RequestTable::End(const RequestId& id) {
  const auto entry = pending_.find(id);
  if (entry == pending_.end()) return {};
  std::vector<std::function<void()>> again = std::move(entry->second.again);
  pending_.erase(entry);
  return again;
}

void RequestTable::Keep(const RequestId& id, int64_t locator, int64_t expires_at) {
  kept_.insert_or_assign(id, locator);
  if (expires_at != 0) expiring_.emplace_back(expires_at, id);
}

void RequestTable::Expire(int64_t now) {
  while (!expiring_.empty() && expiring_.front().first < now) {
    kept_.erase(expiring_.front().second);
    expiring_.pop_front();
  }
}

void RequestTable::Load(const RequestId& id, int64_t locator) {
  kept_.insert_or_assign(id, locator);
  next_locator_ = std::max(next_locator_, locator + 1);
}

}  // namespace parzen::engine
