#include "server/engine/study/study_engine.h"

#include <cassert>
#include <iterator>
#include <utility>

#include "server/error/error.h"

namespace parzen::engine {
namespace {

constexpr int64_t kLookAgainMicros = 1'000'000;  // after a failed commit

// Has the timer load the study anew for its leases, a little later.
void LookAgain(const EngineContext& context, uint64_t uid) {
  context.lease_timer->WakeAt(uid, context.monotonic_micros() + kLookAgainMicros);
}

}  // namespace

StudyEngine::StudyEngine(EngineContext context, std::shared_ptr<WatchHub> hub, LoadedStudy loaded)
    : context_(std::move(context)),
      identity_(std::move(loaded.identity)),
      epoch_(loaded.epoch),
      hub_(std::move(hub)),
      strand_(context_.compute->MakeStrand()),
      distributions_(std::move(loaded.distributions)),
      learner_(std::move(loaded.learner)),
      rooms_(std::move(loaded.rooms)) {
  NoteMemory();
  const MutexLock lock(&mutex_);
  ArmLeases();
  hub_->Moved(rooms_.durable.revision());  // watchers of an engine before this one may be waiting
}

absl::Status StudyEngine::Check() const {
  if (!failure_.ok()) return failure_;
  if (rooms_.staged.deleted()) return error::NoSuchStudy("\"" + identity_.name + "\": it was deleted");
  return absl::OkStatus();
}

Answers StudyEngine::Queue(BatchPtr batch, const RequestKey& key, std::string result, int64_t trial) {
  if (key.id) {
    storage::RequestRecord request{*key.id, rooms_.requests.TakeLocator(), key.payload_hash, std::move(result), trial, 0};
    if (trial < 0) request.expires_at = context_.request_micros() + context_.request_lifetime_micros;
    batch->request = request;
    batch->changes.emplace_back(storage::PutRequest{std::move(request)});
  }
  if (batch->changes.empty()) {
    if (queued_.empty()) return std::move(batch->done);
    std::move(batch->done.begin(), batch->done.end(), std::back_inserter(queued_.back()->done));
    return {};
  }
  queued_.push_back(batch);
  storage::Transaction transaction{identity_.uid, epoch_, std::move(batch->changes)};
  context_.storage->Submit(std::move(transaction),
                           [self = shared_from_this(), batch](const absl::Status& status) { self->Committed(batch, status); });
  return {};
}

void StudyEngine::Committed(const BatchPtr& batch, const absl::Status& status) {
  Answers done;
  bool dropped = false;
  bool deleted = false;
  bool leased = false;
  int64_t revision = 0;
  absl::Status outcome;
  {
    const MutexLock lock(&mutex_);
    assert(queued_.front() == batch);
    queued_.pop_front();
    if (status.ok() && failure_.ok()) {
      rooms_.durable.Apply(*batch);
      for (const TrialEffect& effect : batch->effects) rooms_.staged.Settle(effect);
      if (const auto& request = batch->request) rooms_.requests.Keep(request->id, request->locator, request->expires_at);
      dropped = deleted = batch->deletes;
    } else if (!status.ok()) {
      dropped = failure_.ok();
      if (dropped) failure_ = error::FromStorage(status);
      leased = dropped && !rooms_.staged.leases().empty();
      outcome = failure_;
    }
    done = std::move(batch->done);
    revision = rooms_.durable.revision();
  }
  // Dropped first: whoever tries again from its callback finds the study loaded anew.
  if (dropped) context_.dropped(shared_from_this());
  if (leased) LookAgain(context_, identity_.uid);
  if (deleted) hub_->Close();
  for (const auto& call : done) call(outcome);
  if (!dropped) hub_->Moved(revision);
}

void StudyEngine::Fail(const absl::Status& status) {
  {
    const MutexLock lock(&mutex_);
    if (!failure_.ok()) return;
    failure_ = status;
  }
  context_.dropped(shared_from_this());
  if (HasLeases()) LookAgain(context_, identity_.uid);
}

void StudyEngine::ArmLeases(bool looked) {
  if (looked) lease_look_ = LeaseTable::kNever;
  const LeaseTable& leases = rooms_.staged.leases();
  has_leases_.store(!leases.empty(), std::memory_order_relaxed);
  if (leases.Next() >= lease_look_) return;
  lease_look_ = leases.Next();
  context_.lease_timer->WakeAt(identity_.uid, lease_look_);
}

void StudyEngine::NoteMemory() {
  size_t bytes = 10'000 + learner_->MemoryBytes();
  {
    const MutexLock lock(&mutex_);
    bytes += rooms_.staged.trials().MemoryBytes() + rooms_.durable.MemoryBytes() + rooms_.requests.MemoryBytes();
  }
  memory_bytes_.store(static_cast<int64_t>(bytes), std::memory_order_relaxed);
}

}  // namespace parzen::engine
