// Reads single records. Each function runs inside the caller's read transaction, where there is one.

#ifndef PARZEN_STORAGE_SQLITE_READER_H_
#define PARZEN_STORAGE_SQLITE_READER_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/encoding/columns.h"
#include "storage/sqlite/connection.h"
#include "storage/storage.h"

namespace parzen::storage::sqlite {

// Two or more reads that see the same state of the file. Ends with its scope.
class ReadTransaction {
 public:
  explicit ReadTransaction(Connection& connection) : connection_(connection), status_(connection.Prepared("BEGIN").Run()) {}
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  ~ReadTransaction() { connection_.Rollback(); }
  const absl::Status& status() const { return status_; }

 private:
  Connection& connection_;
  absl::Status status_;
};

// NOT_FOUND for these where there is no such study.
absl::StatusOr<int64_t> ReadStudyId(Connection& connection, uint64_t uid);
absl::StatusOr<StudyRecord> ReadStudy(Connection& connection, std::string_view name);
absl::StatusOr<StudyRecord> ReadStudyByUid(Connection& connection, uint64_t uid);
absl::StatusOr<StudyRecord> ReadStudyById(Connection& connection, int64_t id);
// Without sampler_state.
absl::StatusOr<std::vector<StudyRecord>> ReadStudies(Connection& connection, std::string_view after, std::string_view prefix,
                                                     int limit);
absl::StatusOr<std::vector<uint64_t>> ReadLeasedStudies(Connection& connection);
absl::StatusOr<int64_t> ReadLatestRequestExpiry(Connection& connection);

absl::StatusOr<int64_t> ReadStudyCount(Connection& connection);
absl::StatusOr<TrialTally> ReadTrialTally(Connection& connection, int64_t study_id);
absl::StatusOr<RequestRecord> ReadStudyRequest(Connection& connection, int64_t study_id, int64_t locator);
absl::StatusOr<std::optional<RequestRecord>> ReadServerRequest(Connection& connection, const RequestId& id);

// Reads trials of one study. Keeps the study's distributions between calls.
class TrialReader {
 public:
  TrialReader(Connection& connection, int64_t study_id) : connection_(connection), study_id_(study_id) {}
  absl::StatusOr<TrialRecord> Read(int64_t number, View view);

 private:
  absl::Status Decode(Query& row, TrialRecord* trial);
  absl::Status DecodeParams(Query& row, TrialRecord* trial);
  absl::StatusOr<std::string_view> Distribution(int32_t idx);  // NOT_FOUND where there is none
  absl::Status ReadIntermediates(int64_t id, TrialRecord* trial);

  Connection& connection_;
  const int64_t study_id_;
  std::vector<std::string> distributions_;
  ParamScanner scanner_;
  std::vector<ParamScanner::Param> params_;
  std::vector<int32_t> dists_;
};

// The value of a row of `intermediates`; false where it is none.
bool DecodeIntermediate(Query& row, int step_column, int value_column, int reported_at_column, Intermediate* out);

// False where a column holds none of the enumerators.
bool DecodeState(int64_t column, TrialState* out);
bool DecodeFailure(int64_t column, FailureKind* out);

// DATA_LOSS: a row holds what no writer here wrote.
absl::Status DamagedTrial(int64_t study_id, int64_t number, std::string_view column);

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_READER_H_
