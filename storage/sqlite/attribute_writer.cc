#include "storage/sqlite/attribute_writer.h"

#include <string_view>

#include "base/status_macros.h"
#include "storage/sqlite/status.h"

namespace parzen::storage::sqlite {
namespace {

constexpr std::string_view kUser = "user", kSystem = "system";

absl::Status Put(Connection& connection, const AttributeTable& table, int64_t owner, std::string_view scope, std::string_view key,
                 std::string_view value) {
  return connection.Prepared(table.put).Int(1, owner).Text(2, scope).Text(3, key).Text(4, value).Run();
}

absl::Status PutAll(Connection& connection, const AttributeTable& table, int64_t owner, std::string_view scope,
                    const Attributes& attributes) {
  for (const auto& [key, value] : attributes) PARZEN_RETURN_IF_ERROR(Put(connection, table, owner, scope, key, value));
  return absl::OkStatus();
}

absl::Status ChangeAll(Connection& connection, const AttributeTable& table, int64_t owner, std::string_view scope,
                       const AttributeChanges& changes) {
  for (const auto& [key, value] : changes) {
    PARZEN_RETURN_IF_ERROR(value ? Put(connection, table, owner, scope, key, *value)
                                 : connection.Prepared(table.remove).Int(1, owner).Text(2, scope).Text(3, key).Run());
  }
  return absl::OkStatus();
}

}  // namespace

const AttributeTable kTrialAttributes = {
    .put = "REPLACE INTO trial_attrs VALUES (?1, ?2, ?3, ?4)",
    .remove = "DELETE FROM trial_attrs WHERE trial_id = ?1 AND scope = ?2 AND key = ?3",
};
const AttributeTable kStudyAttributes = {
    .put = "REPLACE INTO study_attrs VALUES (?1, ?2, ?3, ?4)",
    .remove = "DELETE FROM study_attrs WHERE study_id = ?1 AND scope = ?2 AND key = ?3",
};

absl::Status PutAttributes(Connection& connection, const AttributeTable& table, int64_t owner, const Attributes& user,
                           const Attributes& system) {
  PARZEN_RETURN_IF_ERROR(PutAll(connection, table, owner, kUser, user));
  return PutAll(connection, table, owner, kSystem, system);
}

absl::Status ChangeAttributes(Connection& connection, const AttributeTable& table, int64_t owner, const AttributeChanges& user,
                              const AttributeChanges& system) {
  PARZEN_RETURN_IF_ERROR(ChangeAll(connection, table, owner, kUser, user));
  return ChangeAll(connection, table, owner, kSystem, system);
}

}  // namespace parzen::storage::sqlite
