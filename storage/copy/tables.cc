#include "storage/copy/tables.h"

#include <type_traits>

#include "absl/strings/str_cat.h"

namespace parzen::storage::copy {
namespace {

constexpr Type kInt = Type::kInt, kText = Type::kText, kTextOrNull = Type::kTextOrNull, kBlob = Type::kBlob;

std::vector<Column> TrialColumns() {
  return {{"id", kInt},
          {"state", kInt},
          {"\"values\"", kTextOrNull},
          {"params", kTextOrNull},
          {"internal", kTextOrNull},
          {"dists", kTextOrNull},
          {"attempt", kInt},
          {"losses", kInt},
          {"constraints", kTextOrNull},
          {"metrics", kTextOrNull},
          {"worker", kTextOrNull},
          {"principal", kTextOrNull},
          {"lease_micros", kInt},
          {"created_at", kInt},
          {"started_at", kInt},
          {"finished_at", kInt},
          {"failure", kInt},
          {"reason", kTextOrNull},
          {"enqueued", kInt},
          {"imported", kInt},
          {"stop_requested", kInt},
          {"revision", kInt},
          {"sampled_at_revision", kInt},
          {"told_at_revision", kInt},
          {"definition_version", kInt},
          {"algorithm_version", kInt},
          {"sampler_draft", kTextOrNull}};
}

}  // namespace

std::span<const Table> StudyTables() {
  static const auto* const tables = new std::vector<Table>{
      {"studies",
       Part::kStudy,
       "id",
       "id",
       {{"id", kInt},
        {"uid", kInt},
        {"name", kText},
        {"definition", kText},
        {"definition_version", kInt},
        {"state", kInt},
        {"created_at", kInt},
        {"revision", kInt}}},
      {"past_definitions", Part::kStudy, "study_id", "version", {{"study_id", kInt}, {"version", kInt}, {"definition", kText}}},
      {"sampler_states", Part::kStudy, "study_id", "study_id", {{"study_id", kInt}, {"state", kBlob}}},
      {"study_attrs",
       Part::kStudy,
       "study_id",
       "scope, key",
       {{"study_id", kInt}, {"scope", kText}, {"key", kText}, {"value", kText}}},
      {"distributions", Part::kStudy, "study_id", "idx", {{"study_id", kInt}, {"idx", kInt}, {"json", kText}}},
      {"trials", Part::kTrials, "id", "id", TrialColumns()},
      {"trial_attrs",
       Part::kTrials,
       "trial_id",
       "trial_id, scope, key",
       {{"trial_id", kInt}, {"scope", kText}, {"key", kText}, {"value", kText}}},
      {"intermediates",
       Part::kTrials,
       "trial_id",
       "trial_id, step",
       {{"trial_id", kInt}, {"step", kInt}, {"value", Type::kDouble}, {"reported_at", kInt}, {"more", kTextOrNull}}},
      {"requests",
       Part::kRequests,
       "study_id",
       "locator",
       {{"study_id", kInt},
        {"locator", kInt},
        {"request_id", kBlob},
        {"payload_hash", kInt},
        {"result", kBlob},
        {"trial", kInt},
        {"expires_at", kInt}}}};
  return *tables;
}

const Table& ServerRequests() {
  static const auto* const table =
      new Table{"server_requests",
                Part::kServer,
                "",
                "request_id",
                {{"request_id", kBlob}, {"payload_hash", kInt}, {"result", kBlob}, {"expires_at", kInt}}};
  return *table;
}

std::string ColumnNames(const Table& table) {
  std::string names;
  for (const Column& column : table.columns) absl::StrAppend(&names, names.empty() ? "" : ", ", column.name);
  return names;
}

void Digest::Add(const void* data, size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (size_t i = 0; i < size; ++i) value_ = (value_ ^ bytes[i]) * 0x100000001b3;
}

void Digest::Add(const Table& table, const Row& row) {
  Add(table.name, std::char_traits<char>::length(table.name) + 1);
  for (const auto& cell : row) {
    std::visit(
        [this, kind = static_cast<unsigned char>(cell.index())](const auto& value) {
          Add(&kind, 1);
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
            const uint64_t size = value.size();
            Add(&size, sizeof(size));
            Add(value.data(), value.size());
          } else {
            Add(&value, sizeof(value));
          }
        },
        cell);
  }
}

}  // namespace parzen::storage::copy
