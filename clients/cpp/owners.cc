#include "clients/cpp/owners.h"

#include <algorithm>

#include "clients/cpp/addresses.h"

namespace parzen {
inline namespace client {

std::string Owners::Of(const StudyKey& study) const {
  const auto found = owners_.find(study);
  return found == owners_.end() ? std::string() : found->second;
}

void Owners::Learn(const StudyKey& study, std::string_view address, Clock::time_point now) {
  if (study.empty() || !IsHostAndPort(address)) return;
  if (!elsewhere_ && std::find(given_->begin(), given_->end(), address) == given_->end()) return;
  const auto shunned = shunned_.find(std::string(address));
  if (shunned != shunned_.end() && now < shunned->second) return;
  if (owners_.size() >= kMost) owners_.clear();
  owners_.insert_or_assign(study, std::string(address));
}

void Owners::Shun(const std::string& address, Clock::time_point now) {
  absl::erase_if(shunned_, [now](const auto& entry) { return entry.second <= now; });
  shunned_.insert_or_assign(address, now + kShunned);
  absl::erase_if(owners_, [&address](const auto& entry) { return entry.second == address; });
}

}  // namespace client
}  // namespace parzen
