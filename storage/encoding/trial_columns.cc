#include "storage/encoding/trial_columns.h"

#include "base/status_macros.h"

namespace parzen::storage {

absl::Status TrialTexts::Encode(const TrialRecord& trial, std::span<const int32_t> dists) {
  EncodeDoubles(trial.values, &values);
  EncodeNamedDoubles(trial.constraints, &constraints);
  EncodeNamedDoubles(trial.metrics, &metrics);
  return EncodeParams(trial.params, dists, &params);
}

absl::Status TrialTexts::Encode(const UpdateTrial& update, std::span<const int32_t> dists) {
  if (update.values) EncodeDoubles(*update.values, &values);
  if (update.constraints) EncodeNamedDoubles(*update.constraints, &constraints);
  if (update.metrics) EncodeNamedDoubles(*update.metrics, &metrics);
  return update.params ? EncodeParams(*update.params, dists, &params) : absl::OkStatus();
}

uint32_t ColumnSet(const UpdateTrial& update) {
  uint32_t set = 0;
  int bit = 0;
  const auto add = [&](bool is_set) { set |= uint32_t{is_set} << bit++; };
  for (const bool is_set : {update.state.has_value(),
                            update.attempt.has_value(),
                            update.losses.has_value(),
                            update.params.has_value(),
                            update.values.has_value(),
                            update.constraints.has_value(),
                            update.metrics.has_value(),
                            update.worker.has_value(),
                            update.principal.has_value(),
                            update.lease_micros.has_value(),
                            update.started_at.has_value(),
                            update.finished_at.has_value(),
                            update.failure.has_value(),
                            update.reason.has_value(),
                            update.stop_requested.has_value(),
                            update.sampled_at_revision.has_value(),
                            update.told_at_revision.has_value(),
                            update.definition_version.has_value(),
                            update.algorithm_version.has_value(),
                            update.sampler_draft.has_value()}) {
    add(is_set);
  }
  return set;
}

}  // namespace parzen::storage
