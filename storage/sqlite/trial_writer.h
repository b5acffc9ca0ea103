// Writes trials, with their attributes and intermediate values.

#ifndef PARZEN_STORAGE_SQLITE_TRIAL_WRITER_H_
#define PARZEN_STORAGE_SQLITE_TRIAL_WRITER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "storage/encoding/trial_columns.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/study_registry.h"
#include "storage/storage.h"

namespace parzen::storage::sqlite {

// The changes are known to fit the study: see Applier::Check.
class TrialWriter {
 public:
  explicit TrialWriter(StudyRegistry* registry) : registry_(registry) {}

  absl::Status Insert(Connection& connection, KnownStudy* study, const TrialRecord& trial);
  absl::Status Update(Connection& connection, KnownStudy* study, const UpdateTrial& update);

 private:
  // Fills dists_, one a param.
  absl::Status Distributions(Connection& connection, KnownStudy* study, std::span<const ParamRecord> params);
  absl::Status UpdateRow(Connection& connection, int64_t id, const UpdateTrial& update);
  absl::Status PutIntermediates(Connection& connection, int64_t id, const std::vector<Intermediate>& intermediates);

  StudyRegistry* const registry_;
  absl::flat_hash_map<uint32_t, std::unique_ptr<std::string>> updates_;  // SQL by the set of columns that it sets
  // Kept for their capacity.
  std::vector<int32_t> dists_;
  TrialTexts texts_;
};

// A row of `intermediates`, in place of one of that step. `id`: of the trial's row.
absl::Status PutIntermediate(Connection& connection, int64_t id, const Intermediate& intermediate);

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_TRIAL_WRITER_H_
