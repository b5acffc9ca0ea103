// Which columns of the table `trials`, which all databases have alike, a change sets to what.

#ifndef PARZEN_STORAGE_ENCODING_TRIAL_COLUMNS_H_
#define PARZEN_STORAGE_ENCODING_TRIAL_COLUMNS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "storage/encoding/columns.h"
#include "storage/storage.h"

namespace parzen::storage {

// The columns that hold lists, as text.
struct TrialTexts {
  ParamColumns params;
  std::string values, constraints, metrics;

  // Sets all of a record, or those that an update sets. `dists`: one index a param. INVALID_ARGUMENT as EncodeParams.
  absl::Status Encode(const TrialRecord& trial, std::span<const int32_t> dists);
  absl::Status Encode(const UpdateTrial& update, std::span<const int32_t> dists);
};

// One bit for each column that an update may set or not: updates with the same set take the same SQL.
uint32_t ColumnSet(const UpdateTrial& update);

// Calls set(name, value) for each column of the table `trials` that an update sets, in a fixed order; a value is an int64_t or a
// std::string_view (empty for NULL).
template <typename Set>
void ForEachColumn(const UpdateTrial& update, const TrialTexts& texts, Set set) {
  const auto integer = [&](const char* name, const auto& field) {
    if (field) set(name, static_cast<int64_t>(*field));
  };
  const auto text = [&](const char* name, bool is_set, std::string_view value) {
    if (is_set) set(name, value);
  };
  set("revision", update.revision);
  integer("state", update.state);
  integer("attempt", update.attempt);
  integer("losses", update.losses);
  text("params", update.params.has_value(), texts.params.params);
  text("internal", update.params.has_value(), texts.params.internal);
  text("dists", update.params.has_value(), texts.params.dists);
  text("\"values\"", update.values.has_value(), texts.values);
  text("constraints", update.constraints.has_value(), texts.constraints);
  text("metrics", update.metrics.has_value(), texts.metrics);
  text("worker", update.worker.has_value(), update.worker ? *update.worker : std::string_view());
  text("principal", update.principal.has_value(), update.principal ? *update.principal : std::string_view());
  integer("lease_micros", update.lease_micros);
  integer("started_at", update.started_at);
  integer("finished_at", update.finished_at);
  integer("failure", update.failure);
  text("reason", update.reason.has_value(), update.reason ? *update.reason : std::string_view());
  integer("stop_requested", update.stop_requested);
  integer("sampled_at_revision", update.sampled_at_revision);
  integer("told_at_revision", update.told_at_revision);
  integer("definition_version", update.definition_version);
  integer("algorithm_version", update.algorithm_version);
  text("sampler_draft", update.sampler_draft.has_value(), update.sampler_draft ? *update.sampler_draft : std::string_view());
}

}  // namespace parzen::storage

#endif  // PARZEN_STORAGE_ENCODING_TRIAL_COLUMNS_H_
