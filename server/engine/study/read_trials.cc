#include "server/engine/study/read_trials.h"

#include <utility>

#include "base/status_macros.h"
#include "server/engine/study/leases.h"
#include "server/error/error.h"

namespace parzen::engine {

absl::StatusOr<std::vector<Trial>> ReadTrials(const StudyPtr& study, std::span<const int64_t> numbers, View view) {
  const StudyIdentity& identity = study->identity();
  absl::StatusOr<std::vector<storage::TrialRecord>> records = study->context().storage->ReadTrials(identity.uid, numbers, view);
  if (absl::IsNotFound(records.status())) return error::NoSuchStudy("\"" + identity.name + "\": it was deleted");
  if (!records.ok()) return error::FromStorage(records.status());
  return MakeTrials(study, *std::move(records));
}

absl::StatusOr<std::vector<Trial>> MakeTrials(const StudyPtr& study, std::vector<storage::TrialRecord> records) {
  std::vector<Trial> trials;
  trials.reserve(records.size());
  for (storage::TrialRecord& record : records) {
    PARZEN_ASSIGN_OR_RETURN(Trial trial, MakeTrial(study->identity(), std::move(record), study->distributions()));
    trials.push_back(std::move(trial));
  }
  SetDeadlines(study, trials);
  return trials;
}

}  // namespace parzen::engine
