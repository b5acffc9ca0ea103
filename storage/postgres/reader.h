// Reads records. Each function runs inside the caller's read transaction.

#ifndef PARZEN_STORAGE_POSTGRES_READER_H_
#define PARZEN_STORAGE_POSTGRES_READER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/postgres/connection.h"
#include "storage/storage.h"

namespace parzen::storage::postgres {

// NOT_FOUND for these where there is no such study.
absl::StatusOr<int64_t> ReadStudyId(Connection& connection, uint64_t uid);
absl::StatusOr<StudyRecord> ReadStudy(Connection& connection, std::string_view name);
absl::StatusOr<StudyRecord> ReadStudyByUid(Connection& connection, uint64_t uid);
absl::StatusOr<StudyRecord> ReadStudyById(Connection& connection, int64_t id);
// Without sampler_state.
absl::StatusOr<std::vector<StudyRecord>> ReadStudies(Connection& connection, std::string_view after, std::string_view prefix,
                                                     int limit);
absl::StatusOr<int64_t> ReadStudyCount(Connection& connection);
absl::StatusOr<std::vector<uint64_t>> ReadLeasedStudies(Connection& connection);
absl::StatusOr<TrialTally> ReadTrialTally(Connection& connection, int64_t study_id);
absl::StatusOr<RequestRecord> ReadStudyRequest(Connection& connection, int64_t study_id, int64_t locator);
absl::StatusOr<std::optional<RequestRecord>> ReadServerRequest(Connection& connection, const RequestId& id);
absl::StatusOr<int64_t> ReadLatestRequestExpiry(Connection& connection);

// The distributions of a study from number `first` on, in the order of their indexes, up to one that is missing.
absl::StatusOr<std::vector<std::string>> ReadDistributions(Connection& connection, int64_t study_id, int64_t first);
// The trials of these numbers, in that order. NOT_FOUND where one is missing.
absl::StatusOr<std::vector<TrialRecord>> ReadTrials(Connection& connection, int64_t study_id, std::span<const int64_t> numbers,
                                                    View view);

// False where a column holds none of the enumerators.
bool DecodeState(int64_t column, TrialState* out);
bool DecodeFailure(int64_t column, FailureKind* out);
// From the columns step, value, reported_at and more, which begin at `first`; false where they hold none.
bool DecodeIntermediate(const Rows& rows, int row, int first, Intermediate* out);
// DATA_LOSS: a row holds what no writer here wrote.
absl::Status DamagedTrial(int64_t study_id, int64_t number, std::string_view column);

}  // namespace parzen::storage::postgres

#endif  // PARZEN_STORAGE_POSTGRES_READER_H_
