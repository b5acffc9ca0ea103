#include "server/engine/live_studies.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/study/load.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine {

LiveStudies::LiveStudies(EngineContext context, int64_t memory_bound)
    : context_(std::move(context)), memory_bound_(memory_bound) {
  context_.dropped = [this](const StudyPtr& engine) { Dropped(engine); };
}

void LiveStudies::WithName(std::string name, Use use) {
  StudyPtr live;
  {
    const MutexLock lock(&mutex_);
    if (const auto uid = uids_.find(name); uid != uids_.end()) live = FindLive(uid->second);
  }
  if (live != nullptr) return use(std::move(live));
  context_.readers->Post([this, name = std::move(name), use = std::move(use)] {
    const absl::StatusOr<storage::StudyRecord> record = context_.storage->GetStudy(name);
    if (record.ok()) return WithUid(record->uid, use);
    use(absl::IsNotFound(record.status()) ? error::NoSuchStudy("\"" + name + "\"") : error::FromStorage(record.status()));
  });
}

void LiveStudies::WithUid(uint64_t uid, Use use) {
  StudyPtr live;
  {
    const MutexLock lock(&mutex_);
    live = FindLive(uid);
    if (live == nullptr) {
      Slot& slot = slots_[uid];
      slot.waiting.push_back(std::move(use));
      if (slot.waiting.size() > 1) return;  // it is being loaded
    }
  }
  if (live != nullptr) return use(std::move(live));
  context_.readers->Post([this, uid] { Load(uid); });
}

StudyPtr LiveStudies::Live(uint64_t uid) {
  const MutexLock lock(&mutex_);
  return FindLive(uid);
}

void LiveStudies::LetGo(uint64_t uid) {
  std::vector<StudyPtr> engines;
  {
    const MutexLock lock(&mutex_);
    for (const auto& [key, slot] : slots_) {
      if (uid == 0 && slot.engine != nullptr) engines.push_back(slot.engine);
    }
    if (StudyPtr live = uid == 0 ? nullptr : FindLive(uid); live != nullptr) engines.push_back(std::move(live));
  }
  for (const StudyPtr& engine : engines) {
    engine->Fail(error::NotOwner("the study passes to another server; nothing was recorded: try again with the same request_id"));
  }
}

StudyPtr LiveStudies::FindLive(uint64_t uid) {
  const auto slot = slots_.find(uid);
  if (slot == slots_.end() || slot->second.engine == nullptr) return nullptr;
  slot->second.used = ++clock_;
  return slot->second.engine;
}

void LiveStudies::Load(uint64_t uid) {
  absl::StatusOr<StudyPtr> engine = LoadStudy(context_, uid, Hub(uid));
  if (absl::IsNotFound(engine.status())) {
    engine = error::NoSuchStudy(absl::StrCat("with uid ", uid));
  } else if (!engine.ok() && !error::GetErrorDetail(engine.status())) {
    engine = error::FromStorage(engine.status());
  }
  std::vector<Use> waiting;
  {
    const MutexLock lock(&mutex_);
    Slot& slot = slots_[uid];
    waiting = std::move(slot.waiting);
    slot.waiting.clear();
    if (engine.ok()) {
      slot.engine = *engine;
      slot.used = ++clock_;
      uids_[(*engine)->identity().name] = uid;
    } else {
      slots_.erase(uid);
    }
  }
  for (const Use& use : waiting) use(engine);
  waiting.clear();
  engine = absl::CancelledError();  // lets go of it
  Evict();
}

void LiveStudies::Dropped(const StudyPtr& engine) {
  std::shared_ptr<WatchHub> hub;
  {
    const MutexLock lock(&mutex_);
    const auto slot = slots_.find(engine->identity().uid);
    if (slot != slots_.end() && slot->second.engine == engine) {
      slots_.erase(slot);
      uids_.erase(engine->identity().name);
    }
    if (const auto found = hubs_.find(engine->identity().uid); found != hubs_.end()) hub = found->second.lock();
  }
  if (hub != nullptr) hub->Wake();
}

std::shared_ptr<WatchHub> LiveStudies::Hub(uint64_t uid) {
  const MutexLock lock(&mutex_);
  if (auto hub = hubs_[uid].lock(); hub != nullptr) return hub;
  absl::erase_if(hubs_, [&](const auto& entry) { return entry.first != uid && entry.second.expired(); });
  auto hub = std::make_shared<WatchHub>();
  hubs_[uid] = hub;
  return hub;
}

int64_t LiveStudies::Count() const {
  const MutexLock lock(&mutex_);
  return std::count_if(slots_.begin(), slots_.end(), [](const auto& slot) { return slot.second.engine != nullptr; });
}

std::vector<StudyCounts> LiveStudies::Counts(size_t limit) const {
  std::vector<std::pair<int64_t, StudyPtr>> engines;
  {
    const MutexLock lock(&mutex_);
    for (const auto& [uid, slot] : slots_) {
      if (slot.engine != nullptr) engines.emplace_back(slot.used, slot.engine);
    }
  }
  std::sort(engines.begin(), engines.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  if (engines.size() > limit) engines.resize(limit);
  std::vector<StudyCounts> counts;
  counts.reserve(engines.size());
  for (const auto& [used, engine] : engines) counts.push_back({engine->identity().name, verbs::CountTrials(engine)});
  return counts;
}

void LiveStudies::Evict() {
  std::vector<StudyPtr> evicted;  // destroyed after the lock is released
  const MutexLock lock(&mutex_);
  int64_t bytes = 0;
  std::vector<std::pair<int64_t, uint64_t>> idle;
  for (const auto& [uid, slot] : slots_) {
    if (slot.engine == nullptr) continue;
    bytes += slot.engine->MemoryBytes();
    // Whoever uses an engine holds a reference, what is queued to storage or the strand included, and gets it under this lock.
    // One with leases stays: it has to see them run out.
    if (slot.engine.use_count() == 1 && !slot.engine->HasLeases()) idle.emplace_back(slot.used, uid);
  }
  if (bytes <= memory_bound_) return;
  std::sort(idle.begin(), idle.end());
  for (const auto& [used, uid] : idle) {
    if (bytes <= memory_bound_) break;
    const auto slot = slots_.find(uid);
    bytes -= slot->second.engine->MemoryBytes();
    uids_.erase(slot->second.engine->identity().name);
    evicted.push_back(std::move(slot->second.engine));
    slots_.erase(slot);
  }
}

void LiveStudies::ExpireRequests(int64_t now) {
  std::vector<StudyPtr> engines;
  {
    const MutexLock lock(&mutex_);
    for (const auto& [uid, slot] : slots_) {
      if (slot.engine != nullptr) engines.push_back(slot.engine);
    }
  }
  for (const StudyPtr& engine : engines) {
    const MutexLock lock(engine->mutex());
    engine->rooms().requests.Expire(now);
  }
}

}  // namespace parzen::engine
