#include "server/engine/study/read_trials.h"

#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "server/engine/study/leases.h"
#include "server/error/error.h"

namespace parzen::engine {

namespace {

using RecordPtr = std::shared_ptr<const storage::TrialRecord>;

constexpr size_t kMostCopies = 32;  // of running trials, which the lock is held for

absl::StatusOr<std::vector<storage::TrialRecord>> ReadRecords(const StudyPtr& study, std::span<const int64_t> numbers,
                                                              View view) {
  const StudyIdentity& identity = study->identity();
  absl::StatusOr<std::vector<storage::TrialRecord>> records = study->context().storage->ReadTrials(identity.uid, numbers, view);
  if (absl::IsNotFound(records.status())) return error::NoSuchStudy("\"" + identity.name + "\": it was deleted");
  if (!records.ok()) return error::FromStorage(records.status());
  return records;
}

// The records that are in memory, by place; null for the others. A trial that has an entry's revision is as it was when that
// became durable, whatever else is staged.
std::vector<RecordPtr> InMemory(const StudyPtr& study, std::span<const RevisionLog::Entry> entries) {
  std::vector<RecordPtr> found;
  found.reserve(entries.size());
  size_t copies = 0;
  const MutexLock lock(study->mutex());
  const TrialTable& trials = study->rooms().staged.trials();
  for (const auto& [revision, number] : entries) {
    RecordPtr& record = found.emplace_back();
    if (const LiveTrial* live = trials.Find(number); live != nullptr) {
      if (live->record.revision != revision || copies == kMostCopies || !IsSmall(live->record)) continue;
      record = std::make_shared<const storage::TrialRecord>(live->record);
      ++copies;
    } else if (const auto recent = trials.ShareRecent(number); recent != nullptr && recent->record.revision == revision) {
      record = RecordPtr(recent, &recent->record);
    }
  }
  return found;
}

// As the storage reads it.
storage::TrialRecord CopyOf(const storage::TrialRecord& record, View view) {
  storage::TrialRecord copy = record;
  if (view == View::kFull) return copy;
  copy.intermediates.clear();
  copy.user_attrs.clear();
  copy.system_attrs.clear();
  return copy;
}

}  // namespace

absl::StatusOr<std::vector<Trial>> ReadTrials(const StudyPtr& study, std::span<const int64_t> numbers, View view) {
  PARZEN_ASSIGN_OR_RETURN(std::vector<storage::TrialRecord> records, ReadRecords(study, numbers, view));
  return MakeTrials(study, std::move(records));
}

absl::StatusOr<std::vector<Trial>> ReadTrials(const StudyPtr& study, std::span<const RevisionLog::Entry> entries, View view) {
  const std::vector<RecordPtr> in_memory = InMemory(study, entries);
  std::vector<int64_t> missing;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (in_memory[i] == nullptr) missing.push_back(entries[i].number);
  }
  std::vector<storage::TrialRecord> read;
  if (!missing.empty()) {
    PARZEN_ASSIGN_OR_RETURN(read, ReadRecords(study, missing, view));
  }
  std::vector<storage::TrialRecord> records;
  records.reserve(entries.size());
  auto next = read.begin();
  for (const RecordPtr& record : in_memory) records.push_back(record == nullptr ? std::move(*next++) : CopyOf(*record, view));
  return MakeTrials(study, std::move(records));
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
