// One end of a copy: a database that is read, and where it is the target, written. Used by one thread.

#ifndef PARZEN_STORAGE_COPY_END_H_
#define PARZEN_STORAGE_COPY_END_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/copy/tables.h"

namespace parzen::storage::copy {

struct StudyKey {
  int64_t id = 0;
  uint64_t uid = 0;
  std::string name;
};

// Its error ends the reading.
using RowVisitor = std::function<absl::Status(const Row&)>;

class End {
 public:
  virtual ~End() = default;

  // A source shows one state of everything, whatever is written meanwhile.
  virtual std::string StorageId() const = 0;
  // In the order of their ids; without those that are deleted.
  virtual absl::StatusOr<std::vector<StudyKey>> Studies() = 0;
  // The greatest id that a study ever had.
  virtual absl::StatusOr<int64_t> LastStudyId() = 0;
  // The rows of a study, in the table's order. `study` does not matter for rows of none.
  virtual absl::Status Read(const Table& table, int64_t study, const RowVisitor& visit) = 0;

  // For a target. What is inserted is there after Commit, or not at all; after an error, Rollback.
  //
  // FAILED_PRECONDITION where a server works on it.
  virtual absl::Status CheckUnserved() = 0;
  virtual absl::Status Begin() = 0;
  virtual absl::Status Insert(const Table& table, const Row& row) = 0;
  // Ids of studies that are made from now on are greater than `id`.
  virtual absl::Status RaiseLastStudyId(int64_t id) = 0;
  virtual absl::Status Commit() = 0;
  virtual void Rollback() = 0;
};

enum class Role { kSource, kTarget };

// FAILED_PRECONDITION where the target is in use. A target is made where there is none, and upgraded where it is older.
absl::StatusOr<std::unique_ptr<End>> OpenSqliteEnd(const std::string& path, Role role);
absl::StatusOr<std::unique_ptr<End>> OpenPostgresEnd(const std::string& url, Role role);

}  // namespace parzen::storage::copy

#endif  // PARZEN_STORAGE_COPY_END_H_
