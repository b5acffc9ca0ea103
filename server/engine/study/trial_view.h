// From storage's records to the trials that clients see.

#ifndef PARZEN_SERVER_ENGINE_TRIAL_VIEW_H_
#define PARZEN_SERVER_ENGINE_TRIAL_VIEW_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "server/engine/study/face.h"
#include "server/engine/types.h"

namespace parzen::engine {

// A study's distributions by their JSON text, each parsed once. Thread safe.
class DistributionTable {
 public:
  // DATA_LOSS where the text is none.
  absl::StatusOr<std::shared_ptr<const Distribution>> Find(std::string_view json);
  // The same with its text, which lives as long as the distribution.
  absl::StatusOr<std::shared_ptr<const Distribution>> Find(std::string_view json, const std::string** text);

 private:
  // A define-by-run study may use a distribution a trial: the table starts anew when it holds this many.
  static constexpr size_t kMaxEntries = 10'000;

  struct Entry {
    Distribution distribution;
    std::string text;
  };

  Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<const Entry>> parsed_ GUARDED_BY(mutex_);
};

// Unique on the server, increasing within a study: numbers fit in 32 bits.
inline int64_t TrialId(int64_t study_id, int64_t number) { return (study_id << 32) + number; }

// DATA_LOSS where the record holds a text that nobody here wrote.
absl::StatusOr<Trial> MakeTrial(const StudyIdentity& study, storage::TrialRecord record, DistributionTable* distributions);

// What MakeTrial makes of all but parameters, intermediate values and attributes, for a view that was made of an earlier state of
// the record.
void RefreshTrial(const storage::TrialRecord& record, Trial* trial);

// About how many bytes a trial takes in a message.
size_t MessageBytes(const Trial& trial);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_TRIAL_VIEW_H_
