// Studies by their number in the storage. A number is never used again and a study keeps its name: what was found once stays
// true, except that the study may have been deleted since, which whoever then uses its uid is told.

#ifndef PARZEN_SERVER_ENGINE_STUDY_IDS_H_
#define PARZEN_SERVER_ENGINE_STUDY_IDS_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "server/engine/client_trials.h"
#include "server/engine/service.h"
#include "server/engine/threads/thread_pool.h"
#include "storage/storage.h"

namespace parzen::engine {

// Thread safe.
class StudyIds {
 public:
  // Both outlive this.
  StudyIds(storage::Storage* storage, ThreadPool* readers) : storage_(storage), readers_(readers) {}

  // Called at once where it is known, else from a reader thread. NO_SUCH_STUDY.
  void Find(int64_t id, Done<StudyRef> done);

 private:
  static constexpr size_t kMaxEntries = 100'000;  // then it starts anew

  storage::Storage* const storage_;
  ThreadPool* const readers_;
  Mutex mutex_;
  absl::flat_hash_map<int64_t, StudyRef> known_ GUARDED_BY(mutex_);
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_IDS_H_
