// Trials as clients see them. On a reader thread: what is not in memory waits for the disk.

#ifndef PARZEN_SERVER_ENGINE_STUDY_READ_TRIALS_H_
#define PARZEN_SERVER_ENGINE_STUDY_READ_TRIALS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "server/engine/study/revision_log.h"
#include "server/engine/study/study_engine.h"
#include "server/engine/types.h"

namespace parzen::engine {

// In the order of `numbers`, with the lease deadlines of running ones. NO_SUCH_STUDY where it was deleted meanwhile.
absl::StatusOr<std::vector<Trial>> ReadTrials(const StudyPtr& study, std::span<const int64_t> numbers, View view);

// The same by entries of the durable index. Those that are in memory at their entry's revision come from there.
absl::StatusOr<std::vector<Trial>> ReadTrials(const StudyPtr& study, std::span<const RevisionLog::Entry> entries, View view);

// The same of records that are at hand; does not wait.
absl::StatusOr<std::vector<Trial>> MakeTrials(const StudyPtr& study, std::vector<storage::TrialRecord> records);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_READ_TRIALS_H_
