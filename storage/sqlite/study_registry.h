// What the writer remembers of each study (known_study.h), read from the file when it is first needed.

#ifndef PARZEN_STORAGE_SQLITE_STUDY_REGISTRY_H_
#define PARZEN_STORAGE_SQLITE_STUDY_REGISTRY_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/known_study.h"
#include "storage/sqlite/connection.h"

namespace parzen::storage::sqlite {

class StudyRegistry : public KnownStudies {
 public:
  // NOT_FOUND where there is no such study. The pointer is valid until Erase.
  absl::StatusOr<KnownStudy*> Look(Connection& connection, uint64_t uid);
  // Reads what is not known yet.
  absl::Status Know(Connection& connection, KnownStudy* study);
  // The idx of a distribution, new ones are inserted.
  absl::StatusOr<int32_t> Distribution(Connection& connection, KnownStudy* study, std::string_view json);
};

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_STUDY_REGISTRY_H_
