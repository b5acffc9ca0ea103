#include "server/placement/router.h"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "server/error/error.h"
#include "server/log/log.h"

namespace parzen::placement {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{10};
constexpr milliseconds kLongestPause{200};

absl::Status ChangingHands() {
  return error::NotOwner("the study is changing hands between servers; nothing was recorded: try again with the same request_id");
}

// The client has gone by then.
absl::Status TimeIsOver() {
  return absl::DeadlineExceededError("the time that the client gave the call was over before the study's server had answered");
}

absl::Status StatusOf(const v1::ForwardAnswer& answer) {
  absl::Status status(static_cast<absl::StatusCode>(answer.code()), answer.message());
  if (!status.ok() && !answer.detail().empty()) status.SetPayload(error::kErrorDetailUrl, absl::Cord(answer.detail()));
  return status;
}

}  // namespace

Router::PlacePtr Router::Find(const Target& target) const {
  uint64_t uid = target.uid;
  if (uid == 0) {
    const auto named = uids_.find(target.name);
    if (named == uids_.end()) return nullptr;
    uid = named->second;
  }
  const auto found = places_.find(uid);
  return found == places_.end() ? nullptr : found->second;
}

void Router::Dispatch(std::shared_ptr<RoutedCall> call) {
  if (closed_) return call->Deliver(error::ShuttingDown());
  PlacePtr place;
  int64_t owner = 0;
  {
    const MutexLock lock(&mutex_);
    place = Find(call->target);
    if (place != nullptr && place->is_here) {
      if (place->is_moving) return place->waiting.push_back(std::move(call));
      if (membership_->Holds()) {
        if (!call->lingers()) ++place->under_way;
        ++place->calls;
        owner = membership_->id();
      }
    } else if (place != nullptr) {
      owner = place->owner;
    }
  }
  if (place == nullptr) return later_->Post([this, call] { Resolve(call); });
  if (owner == 0) return Again(call, ChangingHands());
  if (place->is_here) return RunHere(call, place);
  if (!call->from_peer) return Forward(call, place, owner);
  // What is remembered may be old.
  if (call->resolved) return call->Deliver(ChangingHands());
  Forget(place);
  later_->Post([this, call] { Resolve(call); });
}

void Router::Forget(const PlacePtr& place) {
  const MutexLock lock(&mutex_);
  const auto found = places_.find(place->uid);
  if (found == places_.end() || found->second != place || place->is_moving) return;
  places_.erase(found);
  uids_.erase(place->name);
}

void Router::Resolve(const std::shared_ptr<RoutedCall>& call) {
  if (closed_) return call->Deliver(error::ShuttingDown());
  const absl::StatusOr<storage::Ownership> found =
      call->target.uid != 0 ? replicas_->FindOwner(call->target.uid) : replicas_->FindOwner(call->target.name);
  // No study: whoever is asked can say so, or make it.
  if (absl::IsNotFound(found.status())) return RunHere(call, nullptr);
  if (!found.ok()) return Again(call, error::FromStorage(found.status()));
  if (!membership_->Holds()) return Again(call, ChangingHands());
  call->resolved = true;
  int64_t owner = found->owner;
  if (owner == 0 && !takes_) {
    const std::optional<storage::Replica> heir = membership_->HeirOf(found->uid, membership_->id());
    if (!heir || call->from_peer) return Again(call, ChangingHands());
    owner = heir->id;
  }
  if (owner == 0 && membership_->IsSettling()) return Again(call, ChangingHands());
  if (owner == 0 || owner == membership_->id()) return Take(*found, call);
  {
    const MutexLock lock(&mutex_);
    PlacePtr& place = places_[found->uid];
    if (place == nullptr || !place->is_moving) {
      place = std::make_shared<Place>();
      place->uid = found->uid;
      place->name = found->name;
      place->owner = owner;
      uids_[found->name] = found->uid;
    }
  }
  Dispatch(call);
}

void Router::Take(const storage::Ownership& found, const std::shared_ptr<RoutedCall>& call) {
  PlacePtr place;
  {
    const MutexLock lock(&mutex_);
    PlacePtr& known = places_[found.uid];
    if (known == nullptr || !known->is_here) {
      place = known = std::make_shared<Place>();
      place->uid = found.uid;
      place->name = found.name;
      place->is_here = place->is_moving = true;
      uids_[found.name] = found.uid;
    }
  }
  if (place != nullptr) {
    // What may be left in memory from an earlier time is old.
    here_.service->LetGo(found.uid);
    if (found.owner == 0) ++taken_;
    if (found.is_left) ++taken_over_;
    Settle(place, /*forget=*/false);
  }
  Dispatch(call);
}

void Router::RunHere(const std::shared_ptr<RoutedCall>& call, const PlacePtr& place) {
  ++running_;
  call->Run(here_, [this, call, place](const absl::Status& status) {
    Ended(call, place, status);
    --running_;
  });
}

void Router::Ended(const std::shared_ptr<RoutedCall>& call, const PlacePtr& place, const absl::Status& status) {
  int64_t heir = kTaking;
  if (place != nullptr && !call->lingers()) {
    const MutexLock lock(&mutex_);
    if (--place->under_way == 0 && place->is_moving) heir = place->heir;
  }
  if (heir != kTaking) later_->Post([this, place, heir] { FinishHandOver({place}, heir); });
  if (error::IsNotOwner(status)) {
    if (place != nullptr) Forget(place);
    return Again(call, status);
  }
  // What was read may be from before others took the study.
  if (call->reads() && place != nullptr && !membership_->Holds()) return Again(call, ChangingHands());
  if (status.ok() && place != nullptr && call->ends_study()) Forget(place);
  call->Deliver(status);
}

void Router::Forward(const std::shared_ptr<RoutedCall>& call, const PlacePtr& place, int64_t owner) {
  const std::optional<storage::Replica> replica = membership_->Find(owner);
  if (!replica) {
    Forget(place);
    return later_->Post([this, call] {
      membership_->Refresh().IgnoreError();
      Again(call, ChangingHands());
    });
  }
  if (closed_) return call->Deliver(error::ShuttingDown());
  v1::ForwardRequest request;
  request.set_method(std::string(call->name()));
  request.set_command(call->EncodeCommand());
  request.set_study_uid(call->target.uid);
  request.set_study(call->target.name);
  request.set_layout(kLayout);
  peers_->Forward(*replica, *call->context, std::move(request),
                  [this, call, place, address = replica->address](const absl::Status& rpc, const v1::ForwardAnswer& answer) {
                    Answered(call, place, address, rpc, answer);
                  });
}

void Router::Answered(const std::shared_ptr<RoutedCall>& call, const PlacePtr& place, const std::string& address,
                      const absl::Status& rpc, const v1::ForwardAnswer& answer) {
  if (!rpc.ok()) failed_.Add(rpc);
  if (absl::IsDeadlineExceeded(rpc)) return call->Deliver(TimeIsOver());
  const absl::Status status = rpc.ok() ? StatusOf(answer) : ChangingHands();
  if (error::IsNotOwner(status)) {
    if (rpc.ok()) failed_.Add(FailedForwards::Reason::kMoved);
    Forget(place);
    return Again(call, status);
  }
  call->context->answered_by = address;
  if (status.ok() && !call->DecodeAnswer(answer.answer())) {
    failed_.Add(FailedForwards::Reason::kOther);
    return call->Deliver(absl::InternalError("the answer of another server cannot be read"));
  }
  if (status.ok() && call->ends_study()) Forget(place);
  call->Deliver(status);
}

void Router::Again(const std::shared_ptr<RoutedCall>& call, const absl::Status& why) {
  const auto now = std::chrono::steady_clock::now();
  if (call->failures++ == 0) call->give_up = now + kPatience;
  if (closed_) return call->Deliver(error::ShuttingDown());
  // Whoever forwarded it waits.
  if (now >= call->give_up || call->from_peer) return call->Deliver(why);
  if (std::chrono::system_clock::now() >= call->context->deadline) return call->Deliver(TimeIsOver());
  call->resolved = false;
  const milliseconds pause = std::min(kFirstPause * (1 << std::min(call->failures, 6)), kLongestPause);
  later_->PostAfter(pause, [this, call] { Dispatch(call); });
}

std::optional<std::string> Router::NameOf(uint64_t uid) const {
  const MutexLock lock(&mutex_);
  const auto found = places_.find(uid);
  if (found == places_.end()) return std::nullopt;
  return found->second->name;
}

std::vector<OwnedStudy> Router::TakeOwned() {
  std::vector<OwnedStudy> owned;
  const MutexLock lock(&mutex_);
  for (const auto& [uid, place] : places_) {
    if (place->is_here && !place->is_moving) owned.push_back({uid, std::exchange(place->calls, 0)});
  }
  return owned;
}

int64_t Router::owned() const {
  const MutexLock lock(&mutex_);
  return std::ranges::count_if(places_, [](const auto& entry) { return entry.second->is_here; });
}

bool Router::IsMoving() const {
  const MutexLock lock(&mutex_);
  return std::ranges::any_of(places_, [](const auto& entry) { return entry.second->is_moving; });
}

void Router::ForgetOwned() {
  std::vector<PlacePtr> owned;
  {
    const MutexLock lock(&mutex_);
    for (const auto& [uid, place] : places_) {
      if (place->is_here) owned.push_back(place);
    }
  }
  for (const PlacePtr& place : owned) Settle(place, /*forget=*/true);
}

void Router::HandOver(const std::vector<uint64_t>& uids, int64_t heir) {
  std::vector<PlacePtr> idle;
  {
    const MutexLock lock(&mutex_);
    for (const uint64_t uid : uids) {
      const auto found = places_.find(uid);
      if (found == places_.end() || !found->second->is_here || found->second->is_moving) continue;
      Place& place = *found->second;
      place.is_moving = true;
      place.heir = heir;
      if (place.under_way == 0) idle.push_back(found->second);
    }
  }
  if (!idle.empty()) later_->Post([this, idle, heir] { FinishHandOver(idle, heir); });
}

void Router::FinishHandOver(const std::vector<PlacePtr>& places, int64_t heir) {
  std::vector<uint64_t> uids;
  for (const PlacePtr& place : places) uids.push_back(place->uid);
  const absl::Status given = replicas_->Give(uids, heir);
  if (!given.ok()) {
    const std::string message(given.message());
    log::Write(log::Level::kWarn, "studies not handed over",
               {{"studies", static_cast<int64_t>(uids.size())}, {"message", message}});
  }
  for (const PlacePtr& place : places) {
    // Once it is another's: whoever looks then, as watches do, is told so.
    if (given.ok() && !closed_) here_.service->LetGo(place->uid);
    Settle(place, /*forget=*/given.ok());
  }
}

void Router::Settle(const PlacePtr& place, bool forget) {
  std::vector<std::shared_ptr<RoutedCall>> waiting;
  {
    const MutexLock lock(&mutex_);
    place->is_moving = false;
    place->heir = kTaking;
    waiting = std::move(place->waiting);
    place->waiting.clear();
    const auto found = places_.find(place->uid);
    if (forget && found != places_.end() && found->second == place) {
      places_.erase(found);
      uids_.erase(place->name);
    }
  }
  for (const std::shared_ptr<RoutedCall>& call : waiting) Dispatch(call);
}

}  // namespace parzen::placement
