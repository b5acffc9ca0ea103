#include "clients/cpp/lines.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

#include "clients/cpp/proxy.h"

namespace parzen {
inline namespace client {

Lines::Lines(std::vector<std::string> addresses, Credentials* credentials, std::string server_name, bool elsewhere,
             StorageIdOf storage_id_of)
    : addresses_(std::move(addresses)),
      credentials_(credentials),
      server_name_(std::move(server_name)),
      storage_id_of_(std::move(storage_id_of)),
      owners_(&addresses_, elsewhere) {}

LinePtr Lines::Make(const std::string& address, bool is_straight) const {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  // A silent peer (a cut cable, a suspended machine, a NAT that has forgotten the connection) is noticed within 15 s of a call:
  // well before the call's own end, and before a lease of a minute has run out. The server allows pings every 5 s.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // any number
  // Else a new channel would take up the old one's connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, ProxyFor(address).has_value() ? 1 : 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // In truth how long an attempt may take: a far or busy server needs its time.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  // Retries are ours: the library's own would not wait for a restart.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  if (!server_name_.empty()) arguments.SetSslTargetNameOverride(server_name_);
  auto line = std::make_shared<Line>();
  line->address = address;
  line->is_straight = is_straight;
  line->channel = grpc::CreateCustomChannel(address, credentials_->ForChannel(), arguments);
  line->stub = v1::Optimizer::NewStub(line->channel);
  return line;
}

LinePtr Lines::Current() {
  if (current_ == nullptr) current_ = Make(addresses_[at_], /*is_straight=*/false);
  return current_;
}

LinePtr Lines::For(const StudyKey& study, std::chrono::milliseconds left) {
  const bool renewed = credentials_->TlsChanged();
  std::string owner;
  {
    const MutexLock lock(&mutex_);
    if (renewed) {
      current_ = nullptr;
      straight_.clear();
    }
    owner = owners_.Of(study);
    if (owner.empty() || owner == addresses_[at_]) return Current();
    const auto [found, is_new] = straight_.try_emplace(owner);
    if (!is_new) return found->second != nullptr ? found->second : Current();
  }
  LinePtr line = Introduce(owner, std::clamp(left / 4, std::chrono::milliseconds(0), kIntroduction));
  const MutexLock lock(&mutex_);
  if (line == nullptr) {
    straight_.erase(owner);
    owners_.Shun(owner);
    return Current();
  }
  straight_[owner] = line;
  return line;
}

LinePtr Lines::Introduce(const std::string& owner, std::chrono::milliseconds bound) {
  std::string known;
  LinePtr given;
  {
    const MutexLock lock(&mutex_);
    known = storage_id_;
    if (known.empty()) given = Current();
  }
  if (given != nullptr) known = storage_id_of_(*given, bound);
  if (known.empty()) return nullptr;
  LinePtr line = Make(owner, /*is_straight=*/true);
  if (storage_id_of_(*line, bound) != known) return nullptr;
  const MutexLock lock(&mutex_);
  storage_id_ = known;
  return line;
}

bool Lines::Learn(const StudyKey& study, std::string_view owner) {
  const MutexLock lock(&mutex_);
  owners_.Learn(study, owner);
  return owners_.Of(study) == owner && owner != addresses_[at_];
}

void Lines::GiveUp(const LinePtr& line) {
  const MutexLock lock(&mutex_);
  if (current_ == line) current_ = nullptr;
  const auto straight = straight_.find(line->address);
  if (straight != straight_.end() && straight->second == line) straight_.erase(straight);
}

bool Lines::MoveOn(const LinePtr& line) {
  if (addresses_.size() == 1) return false;
  const MutexLock lock(&mutex_);
  if (current_ == line) {
    current_ = nullptr;
    at_ = (at_ + 1) % addresses_.size();
  }
  return true;
}

void Lines::Leave(const LinePtr& line) {
  const MutexLock lock(&mutex_);
  const auto straight = straight_.find(line->address);
  if (straight == straight_.end() || straight->second != line) return;
  straight_.erase(straight);
  owners_.Shun(line->address);
}

}  // namespace client
}  // namespace parzen
