#include "server/engine/study/study_engine.h"

#include <algorithm>
#include <cassert>

#include "absl/strings/str_cat.h"

namespace parzen::engine {

StudyEngine::StudyEngine(Context context, StudyIdentity identity, int64_t epoch, std::shared_ptr<WatchHub> hub)
    : context_(std::move(context)),
      identity_(std::move(identity)),
      epoch_(epoch),
      hub_(std::move(hub)),
      strand_(context_.compute->MakeStrand()),
      candidates_({}) {}

void StudyEngine::ExpireRequests(int64_t now) {
  const std::lock_guard lock(mutex_);
  requests_.Expire(now);
}

// ------------------------------------------------------------------------------------------------------------ under mutex_

absl::Status StudyEngine::Check() const {
  if (!failure_.ok()) return failure_;
  if (deleted_) return error::NoSuchStudy("\"" + identity_.name + "\": it was deleted");
  return absl::OkStatus();
}

LiveTrial* StudyEngine::FindLive(int64_t number) {
  const auto found = live_.find(number);
  return found == live_.end() ? nullptr : found->second.get();
}

absl::Status StudyEngine::CheckNumber(int64_t number) const {
  if (number >= 0 && number < Size()) return absl::OkStatus();
  const std::string range = index_.empty() ? "it has none yet" : absl::StrCat("it has 0 to ", Size() - 1);
  return error::NoSuchTrial(absl::StrCat("study \"", identity_.name, "\" has no trial ", number, "; ", range));
}

int64_t StudyEngine::StageRevision(int64_t number, TrialState state, Batch* batch) {
  batch->revision = ++revision_;
  batch->effects.push_back({number, revision_, state});
  return revision_;
}

void StudyEngine::StageInsert(LiveTrial trial, Batch* batch) {
  storage::TrialRecord& record = trial.record;
  index_.emplace_back();
  ++unfinished_;
  StageState(record.number, record.state);
  record.revision = StageRevision(record.number, record.state, batch);
  batch->changes.emplace_back(storage::InsertTrial{record});
  live_.emplace(record.number, std::make_unique<LiveTrial>(std::move(trial)));
}

void StudyEngine::StageState(int64_t number, TrialState state) {
  index_[number].staged = static_cast<uint8_t>(state);
  waiting_.erase(number);
  retries_.erase(number);
  if (state == TrialState::kWaiting) (index_[number].attempt == 0 ? waiting_ : retries_).insert(number);
  if (state != TrialState::kRunning) leases_.Drop(number);
  if (state >= TrialState::kComplete) --unfinished_;
}

void StudyEngine::StageFace(Face face, storage::UpdateStudy update, Batch* batch) {
  face.revision = batch->revision = ++revision_;
  face_ = std::move(face);
  update.revision = revision_;
  batch->changes.emplace_back(std::move(update));
  batch->face = std::make_shared<const Face>(face_);
}

int64_t StudyEngine::Room() const {
  if (!face_.definition->max_trials) return INT64_MAX;
  return std::max<int64_t>(0, *face_.definition->max_trials - (Size() - imported_));
}

void StudyEngine::FinishIfAllEnded(Batch* batch) {
  if (unfinished_ > 0 || Room() > 0 || face_.state == StudyState::kFinished) return;
  Face face = face_;
  face.state = StudyState::kFinished;
  storage::UpdateStudy update;
  update.state = face.state;
  StageFace(std::move(face), std::move(update), batch);
}

std::vector<std::function<void(absl::Status)>> StudyEngine::Queue(BatchPtr batch, const RequestKey& key, std::string result,
                                                                  int64_t trial) {
  if (key.id) {
    storage::RequestRecord request{*key.id, requests_.TakeLocator(), key.payload_hash, std::move(result), trial, 0};
    if (trial < 0) request.expires_at = context_.request_micros() + context_.request_lifetime_micros;
    batch->request = request;
    batch->changes.emplace_back(storage::PutRequest{std::move(request)});
  }
  if (batch->changes.empty()) {
    if (queued_.empty()) return std::move(batch->done);
    std::vector<std::function<void(absl::Status)>>& waiting = queued_.back()->done;
    std::move(batch->done.begin(), batch->done.end(), std::back_inserter(waiting));
    return {};
  }
  queued_.push_back(batch);
  storage::Transaction transaction{identity_.uid, epoch_, std::move(batch->changes)};
  context_.storage->Submit(std::move(transaction),
                           [self = shared_from_this(), batch](const absl::Status& status) { self->Committed(batch, status); });
  return {};
}

void StudyEngine::Apply(const Batch& batch) {
  for (const TrialEffect& effect : batch.effects) ApplyEffect(effect);
  if (batch.face != nullptr) committed_ = batch.face;
  committed_revision_ = std::max(committed_revision_, batch.revision);
  if (batch.request) requests_.Keep(batch.request->id, batch.request->locator, batch.request->expires_at);
}

void StudyEngine::ApplyEffect(const TrialEffect& effect) {
  TrialIndex& index = index_[effect.number];
  if (index.committed != 0) {
    --counts_[index.committed];
  } else if (index.imported) {
    ++committed_imported_;
  }
  index.committed = static_cast<uint8_t>(effect.state);
  ++counts_[index.committed];
  log_.Append(effect.revision, effect.number);
  if (!effect.candidate.empty()) candidates_.Add(effect.number, effect.candidate);
  const auto live = live_.find(effect.number);
  if (live != live_.end() && live->second->ended() && live->second->record.revision == effect.revision) live_.erase(live);
}

TrialCounts StudyEngine::VisibleCounts() {
  const std::lock_guard lock(mutex_);
  return Counts();
}

TrialCounts StudyEngine::Counts() const {
  TrialCounts counts;
  counts.waiting = Count(TrialState::kWaiting);
  counts.running = Count(TrialState::kRunning);
  counts.complete = Count(TrialState::kComplete);
  counts.pruned = Count(TrialState::kPruned);
  counts.failed = Count(TrialState::kFailed);
  counts.imported = committed_imported_;
  return counts;
}

TrialCounts StudyEngine::StagedCounts() const {
  int64_t counts[6] = {};
  for (const TrialIndex& index : index_) ++counts[index.staged];
  return {counts[1], counts[2], counts[3], counts[4], counts[5], imported_};
}

// -------------------------------------------------------------------------------------------------------------- any thread

void StudyEngine::QueueAndRelease(std::unique_lock<std::mutex> lock, BatchPtr batch, const RequestKey& key, std::string result,
                                  int64_t trial) {
  const auto done = Queue(std::move(batch), key, std::move(result), trial);
  lock.unlock();
  for (const auto& call : done) call(absl::OkStatus());
}

void StudyEngine::Committed(const BatchPtr& batch, const absl::Status& status) {
  std::vector<std::function<void(absl::Status)>> done;
  bool dropped = false;
  bool deleted = false;
  bool leased = false;
  int64_t revision = 0;
  absl::Status outcome;
  {
    const std::lock_guard lock(mutex_);
    assert(queued_.front() == batch);
    queued_.pop_front();
    if (status.ok() && failure_.ok()) {
      Apply(*batch);
      dropped = deleted = batch->deletes;
    } else if (!status.ok()) {
      dropped = failure_.ok();
      if (dropped) failure_ = error::FromStorage(status);
      leased = dropped && !leases_.empty();
      outcome = failure_;
    }
    done = std::move(batch->done);
    revision = committed_revision_;
  }
  // Dropped first: whoever tries again from its callback finds the study loaded anew.
  if (dropped) context_.dropped(shared_from_this());
  if (leased) LookAgain();
  if (deleted) hub_->Close();
  for (const auto& call : done) call(outcome);
  if (!dropped) hub_->Moved(revision);
}

void StudyEngine::Fail(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.ok()) return;
    failure_ = status;
  }
  context_.dropped(shared_from_this());
  if (HasLeases()) LookAgain();
}

Study StudyEngine::MakeStudy(const Face& face, const TrialCounts& counts, int64_t revision) const {
  Study study;
  study.name = identity_.name;
  study.uid = identity_.uid;
  study.state = face.state;
  study.definition = face.definition;
  study.user_attrs = face.user_attrs;
  study.system_attrs = face.system_attrs;
  study.created_at = created_at_;
  study.revision = revision;
  study.definition_version = face.definition_version;
  study.counts = counts;
  return study;
}

// ------------------------------------------------------------------------------------------------------------ on the strand

void StudyEngine::Drain(const std::vector<Ended>& deltas) {
  for (const Ended& ended : deltas) learner_->Apply(ended);
}

void StudyEngine::KeepSamplerState(Batch* batch) {
  std::string state = learner_->TakeState();
  if (state.empty()) return;
  storage::UpdateStudy update;
  update.sampler_state = std::move(state);
  batch->changes.emplace_back(std::move(update));
}

storage::ParamRecord StudyEngine::MakeParam(std::string_view name, const Distribution& distribution, const std::string& text,
                                            double value) const {
  return {std::string(name), value, ChoiceToJson(ToExternal(distribution, value)), text};
}

void StudyEngine::NoteMemory() {
  size_t bytes = 10'000 + learner_->MemoryBytes();
  {
    const std::lock_guard lock(mutex_);
    bytes += index_.capacity() * sizeof(TrialIndex) + log_.MemoryBytes() + candidates_.MemoryBytes() + requests_.MemoryBytes() +
             live_.size() * 2000;
  }
  memory_bytes_.store(static_cast<int64_t>(bytes), std::memory_order_relaxed);
}

void StudyEngine::PrepareInBackground() {
  if (!DescriptorOf(face_.definition->sampler.kind).prepares) return;
  strand_->PostBackground([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    std::vector<Ended> deltas;
    {
      const std::lock_guard lock(self->mutex_);
      if (!self->Check().ok()) return;
      deltas.swap(self->deltas_);
    }
    self->Drain(deltas);
    self->learner_->Prepare();
  });
}

}  // namespace parzen::engine
