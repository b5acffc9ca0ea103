#include "server/engine/study_ids.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/error/error.h"

namespace parzen::engine {

void StudyIds::Find(int64_t id, Done<StudyRef> done) {
  std::optional<StudyRef> known;
  {
    const MutexLock lock(&mutex_);
    if (const auto found = known_.find(id); found != known_.end()) known = found->second;
  }
  if (known) return done(*std::move(known));
  readers_->Post([this, id, done = std::move(done)] {
    absl::StatusOr<storage::StudyRecord> record = storage_->GetStudyById(id);
    if (absl::IsNotFound(record.status())) return done(error::NoSuchStudy(absl::StrCat("with id ", id)));
    if (!record.ok()) return done(error::FromStorage(record.status()));
    StudyRef found{id, record->uid, std::move(record->name)};
    {
      const MutexLock lock(&mutex_);
      if (known_.size() >= kMaxEntries) known_.clear();
      known_[id] = found;
    }
    done(std::move(found));
  });
}

}  // namespace parzen::engine
