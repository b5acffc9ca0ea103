// What a writer remembers of each study, so that a transaction is checked and applied without reading.

#ifndef PARZEN_STORAGE_KNOWN_STUDY_H_
#define PARZEN_STORAGE_KNOWN_STUDY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "storage/storage.h"

namespace parzen::storage {

// Trial ids of a study are [FirstTrialId(id), FirstTrialId(id + 1)).
inline constexpr int64_t kMaxStudyId = (int64_t{1} << 31) - 1;
inline constexpr int64_t kMaxTrialNumber = (int64_t{1} << 32) - 1;
constexpr int64_t FirstTrialId(int64_t study_id) { return study_id * (kMaxTrialNumber + 1); }

struct KnownStudy {
  int64_t id = 0;
  uint64_t uid = 0;
  int64_t epoch = 0;  // 0: nobody here has acquired it
  absl::Status lost;  // why the owner of `epoch` lost it: a commit that failed, or a refused transaction
  bool deleted = false;
  bool doubtful = false;  // whether it is there is to be looked up again

  // Read when they are first needed, and again after a rollback.
  bool known = false;
  int64_t next_number = 0;
  int64_t last_locator = 0;
  absl::flat_hash_map<std::string, int32_t> distributions;  // JSON -> idx
};

class KnownStudies {
 public:
  // Null where nothing is remembered of it. The pointer is valid until Erase.
  KnownStudy* Find(uint64_t uid) const;
  KnownStudy* Add(uint64_t uid, int64_t id);
  // After a rollback, or a commit whose outcome is open, what is remembered may not be what is kept.
  static void Forget(KnownStudy* study);
  // Takes a study from its owner for `reason`. Null where `epoch` is not the present owner's, or it is lost already.
  KnownStudy* Lose(uint64_t uid, int64_t epoch, const absl::Status& reason);
  void Erase(uint64_t uid) { studies_.erase(uid); }

 private:
  absl::flat_hash_map<uint64_t, std::unique_ptr<KnownStudy>> studies_;
};

// NOT_FOUND.
absl::Status NoSuchStudy(uint64_t uid);

// Whether the transaction comes from the study's owner, who has not lost it: else ABORTED, or why it is lost.
absl::Status CheckOwner(const KnownStudy& study, const Transaction& transaction);
// Whether the changes of a transaction fit the study, which is `known`, each as those before it leave it: else the codes of
// Transaction.
absl::Status CheckChanges(const KnownStudy& study, const Transaction& transaction);
// What those behind a refused transaction are told.
absl::Status BehindRefused(const absl::Status& refusal);

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_KNOWN_STUDY_H_
