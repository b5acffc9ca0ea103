// Writes the attributes of studies and trials.

#ifndef PARZEN_STORAGE_SQLITE_ATTRIBUTE_WRITER_H_
#define PARZEN_STORAGE_SQLITE_ATTRIBUTE_WRITER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "storage/records.h"
#include "storage/sqlite/connection.h"

namespace parzen::storage::sqlite {

// The statements for one table of attributes.
struct AttributeTable {
  const char* put;     // ?1 owner, ?2 scope, ?3 key, ?4 value
  const char* remove;  // ?1 owner, ?2 scope, ?3 key
};
extern const AttributeTable kTrialAttributes, kStudyAttributes;

using AttributeChanges = std::vector<std::pair<std::string, std::optional<std::string>>>;  // nullopt removes

absl::Status PutAttributes(Connection& connection, const AttributeTable& table, int64_t owner, const Attributes& user,
                           const Attributes& system);
absl::Status ChangeAttributes(Connection& connection, const AttributeTable& table, int64_t owner, const AttributeChanges& user,
                              const AttributeChanges& system);

}  // namespace parzen::storage::sqlite

#endif  // PARZEN_STORAGE_SQLITE_ATTRIBUTE_WRITER_H_
