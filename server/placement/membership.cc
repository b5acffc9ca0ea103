#include "server/placement/membership.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "server/log/log.h"

namespace parzen::placement {
namespace {

constexpr std::chrono::milliseconds kRetry{100};      // of a renewal that failed
constexpr std::chrono::milliseconds kJoinRetry{500};  // of a server that is taken for dead

absl::StatusOr<std::string> RandomSecret() {
  std::array<uint64_t, 4> words{};
  if (getentropy(words.data(), sizeof(words)) != 0) return absl::InternalError("the operating system gives no random bytes");
  return absl::StrFormat("%016x%016x%016x%016x", words[0], words[1], words[2], words[3]);
}

// SplitMix64's mixing, by Sebastiano Vigna (public domain): spreads what differs in few bits.
uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Membership>> Membership::Join(storage::Replicas* replicas, std::string address) {
  PARZEN_ASSIGN_OR_RETURN(std::string secret, RandomSecret());
  std::unique_ptr<Membership> membership(new Membership(replicas, std::move(address), std::move(secret)));
  PARZEN_RETURN_IF_ERROR(membership->JoinNow());
  PARZEN_RETURN_IF_ERROR(membership->Refresh());
  membership->thread_ = std::thread([raw = membership.get()] { raw->Run(); });
  return membership;
}

Membership::~Membership() {
  {
    const MutexLock lock(&mutex_);
    ending_ = true;
  }
  wake_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

absl::Status Membership::JoinNow() {
  const Clock::time_point asked = Clock::now();
  PARZEN_ASSIGN_OR_RETURN(const int64_t id, replicas_->Join(address_, secret_));
  id_ = id;
  holds_until_ = (asked + kHold).time_since_epoch().count();
  return absl::OkStatus();
}

void Membership::Listen(Events events) {
  const MutexLock lock(&events_mutex_);
  events_ = std::move(events);
}

bool Membership::Holds() const { return Clock::now().time_since_epoch().count() < holds_until_.load(); }

Roster Membership::roster() const {
  const MutexLock lock(&mutex_);
  return roster_;
}

absl::Status Membership::Refresh() {
  PARZEN_ASSIGN_OR_RETURN(std::vector<storage::Replica> list, replicas_->List());
  auto roster = std::make_shared<const std::vector<storage::Replica>>(std::move(list));
  const MutexLock lock(&mutex_);
  roster_ = std::move(roster);
  return absl::OkStatus();
}

std::optional<storage::Replica> Membership::Find(int64_t id) const {
  const Roster known = roster();
  const auto found = std::ranges::find(*known, id, &storage::Replica::id);
  if (found == known->end()) return std::nullopt;
  return *found;
}

// Rendezvous hashing (Thaler and Ravishankar 1998): each study goes to the replica with which it mixes highest, so that one that
// comes or goes moves no study between two others.
std::optional<storage::Replica> Membership::HeirOf(uint64_t uid, int64_t without) const {
  const Roster known = roster();
  const storage::Replica* heir = nullptr;
  uint64_t best = 0;
  for (const storage::Replica& replica : *known) {
    if (replica.is_leaving || replica.id == without) continue;
    const uint64_t score = Mix(uid ^ Mix(static_cast<uint64_t>(replica.id)));
    if (heir != nullptr && score <= best) continue;
    heir = &replica;
    best = score;
  }
  if (heir == nullptr) return std::nullopt;
  return *heir;
}

void Membership::Run() {
  MutexLock lock(&mutex_);
  Clock::time_point next = Clock::now() + kPeriod;
  while (!ending_) {
    if (Clock::now() < next) {
      wake_.WaitUntil(&mutex_, Clock::time_point(next));
      continue;
    }
    const Clock::time_point begun = Clock::now();
    lock.Unlock();
    RenewNow();
    // One that failed is tried again soon: the fence is closing.
    const bool fresh = holds_until_.load() >= (begun + kHold).time_since_epoch().count();
    next = fresh ? begun + kPeriod : Clock::now() + (Holds() ? kRetry : kJoinRetry);
    if (fresh) {
      const MutexLock events(&events_mutex_);
      if (events_.ticked) events_.ticked();
    }
    lock.Lock();
  }
}

void Membership::RenewNow() {
  double load = 0;
  {
    const MutexLock lock(&events_mutex_);
    if (events_.load) load = events_.load();
  }
  const Clock::time_point asked = Clock::now();
  const absl::Status renewed = replicas_->Renew(load);
  if (renewed.ok() && Holds()) {
    holds_until_ = (asked + kHold).time_since_epoch().count();
    return;
  }
  const std::string message(renewed.message());
  if (!renewed.ok() && !absl::IsAborted(renewed) && Holds()) {
    log::Write(log::Level::kWarn, "replica not renewed", {{"replica", id()}, {"message", message}});
    return;
  }
  holds_until_ = 0;
  {
    const MutexLock lock(&events_mutex_);
    if (events_.lapsed) events_.lapsed();
  }
  const int64_t before = id();
  settled_at_ = Clock::time_point::max().time_since_epoch().count();
  if (const absl::Status joined = JoinNow(); !joined.ok()) {
    const std::string why(joined.message());
    log::Write(log::Level::kWarn, "replica cannot join", {{"replica", before}, {"message", why}});
    return;
  }
  settled_at_ = (Clock::now() + kSettle).time_since_epoch().count();
  log::Write(log::Level::kWarn, "replica was taken for dead and has joined anew", {{"replica", id()}, {"before", before}});
}

}  // namespace parzen::placement
