// What the writer remembers of each study, so that a transaction is checked and applied without reading.

#ifndef PARZEN_STORAGE_SQLITE_STUDY_REGISTRY_H_
#define PARZEN_STORAGE_SQLITE_STUDY_REGISTRY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sqlite/connection.h"

namespace parzen::storage::sqlite {

// Trial ids of a study are [FirstTrialId(id), FirstTrialId(id + 1)).
inline constexpr int64_t kMaxStudyId = (int64_t{1} << 31) - 1;
inline constexpr int64_t kMaxTrialNumber = (int64_t{1} << 32) - 1;
constexpr int64_t FirstTrialId(int64_t study_id) { return study_id * (kMaxTrialNumber + 1); }

struct KnownStudy {
  int64_t id = 0;
  uint64_t uid = 0;
  int64_t epoch = 0;  // 0: nobody has acquired it
  absl::Status lost;  // why the owner of `epoch` lost it: a commit that failed, or a refused transaction
  bool deleted = false;
  bool doubtful = false;  // whether it is there is to be looked up again

  // Read from the file when they are first needed, and again after a rollback.
  bool known = false;
  int64_t next_number = 0;
  int64_t last_locator = 0;
  absl::flat_hash_map<std::string, int32_t> distributions;  // JSON -> idx
};

class StudyRegistry {
 public:
  // NOT_FOUND where there is no such study. The pointer is valid until Erase.
  absl::StatusOr<KnownStudy*> Find(Connection& connection, uint64_t uid);
  // Reads what is not known yet.
  absl::Status Know(Connection& connection, KnownStudy* study);
  // The idx of a distribution, new ones are inserted.
  absl::StatusOr<int32_t> Distribution(Connection& connection, KnownStudy* study, std::string_view json);
  // After a rollback, or a commit whose outcome is open, what is remembered may not be what the file holds.
  void Forget(KnownStudy* study);
  // Takes a study from its owner for `reason`. Null where `epoch` is not the present owner's, or it is lost already.
  KnownStudy* Lose(uint64_t uid, int64_t epoch, const absl::Status& reason);
  void Erase(uint64_t uid) { studies_.erase(uid); }

 private:
  absl::flat_hash_map<uint64_t, std::unique_ptr<KnownStudy>> studies_;
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_STUDY_REGISTRY_H_
