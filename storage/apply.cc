#include "storage/apply.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parzen::storage {
namespace {

template <typename T>
void Set(const std::optional<T>& update, T* field) {
  if (update) *field = *update;
}

void PutIntermediate(const Intermediate& value, std::vector<Intermediate>* values) {
  const auto at = std::lower_bound(values->begin(), values->end(), value.step,
                                   [](const Intermediate& entry, int64_t step) { return entry.step < step; });
  if (at != values->end() && at->step == value.step) {
    *at = value;
  } else {
    values->insert(at, value);
  }
}

void SetAttributes(const std::vector<std::pair<std::string, std::optional<std::string>>>& changes, Attributes* attributes) {
  for (const auto& [key, json] : changes) {
    const auto at =
        std::find_if(attributes->begin(), attributes->end(), [&, &k = key](const auto& entry) { return entry.first == k; });
    if (!json) {
      if (at != attributes->end()) attributes->erase(at);
    } else if (at != attributes->end()) {
      at->second = *json;
    } else {
      const auto next =
          std::find_if(attributes->begin(), attributes->end(), [&, &k = key](const auto& entry) { return entry.first > k; });
      attributes->emplace(next, key, *json);
    }
  }
}

}  // namespace

void Apply(const UpdateTrial& update, TrialRecord* record) {
  record->revision = update.revision;
  Set(update.state, &record->state);
  Set(update.attempt, &record->attempt);
  Set(update.losses, &record->losses);
  Set(update.params, &record->params);
  Set(update.values, &record->values);
  Set(update.constraints, &record->constraints);
  Set(update.metrics, &record->metrics);
  Set(update.worker, &record->worker);
  Set(update.principal, &record->principal);
  Set(update.lease_micros, &record->lease_micros);
  Set(update.started_at, &record->started_at);
  Set(update.finished_at, &record->finished_at);
  Set(update.failure, &record->failure);
  Set(update.reason, &record->reason);
  Set(update.stop_requested, &record->stop_requested);
  Set(update.sampled_at_revision, &record->sampled_at_revision);
  Set(update.told_at_revision, &record->told_at_revision);
  Set(update.definition_version, &record->definition_version);
  Set(update.algorithm_version, &record->algorithm_version);
  Set(update.sampler_draft, &record->sampler_draft);
  if (update.clear_intermediates) record->intermediates.clear();
  for (const Intermediate& value : update.intermediates) PutIntermediate(value, &record->intermediates);
  SetAttributes(update.user_attrs, &record->user_attrs);
  SetAttributes(update.system_attrs, &record->system_attrs);
}

void Apply(const UpdateStudy& update, StudyRecord* record) {
  Set(update.definition, &record->definition);
  Set(update.definition_version, &record->definition_version);
  Set(update.state, &record->state);
  Set(update.revision, &record->revision);
  Set(update.sampler_state, &record->sampler_state);
  SetAttributes(update.user_attrs, &record->user_attrs);
  SetAttributes(update.system_attrs, &record->system_attrs);
}

}  // namespace parzen::storage
