#include "server/engine/study/trial_view.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "server/engine/study/stored_draft.h"

namespace parzen::engine {
namespace {

size_t Bytes(const NamedDoubles& values) {
  size_t bytes = 0;
  for (const auto& entry : values) bytes += entry.first.size() + 16;
  return bytes;
}

size_t Bytes(const Attributes& attributes) {
  size_t bytes = 0;
  for (const auto& [key, json] : attributes) bytes += key.size() + json.size() + 12;
  return bytes;
}

// What was given to an enqueued trial, from its draft.
absl::Status AddGiven(const storage::TrialRecord& record, Trial* trial) {
  if (record.sampler_draft.find(R"("fixed":)") == std::string::npos) return absl::OkStatus();  // spares most trials the parsing
  PARZEN_ASSIGN_OR_RETURN(StoredDraft stored, StoredDraftFromJson(record.sampler_draft, record.number));
  trial->fixed_params = std::move(stored.fixed);
  trial->given = std::move(stored.given);
  if (record.state != TrialState::kWaiting) return absl::OkStatus();
  for (const auto& [name, value] : trial->given) trial->params.push_back({name, value, nullptr});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Distribution>> DistributionTable::Find(std::string_view json) {
  const std::string* text = nullptr;
  return Find(json, &text);
}

absl::StatusOr<std::shared_ptr<const Distribution>> DistributionTable::Find(std::string_view json, const std::string** text) {
  const auto part_of = [text](const std::shared_ptr<const Entry>& entry) {
    *text = &entry->text;
    return std::shared_ptr<const Distribution>(entry, &entry->distribution);
  };
  const MutexLock lock(&mutex_);
  if (const auto found = parsed_.find(absl::string_view(json.data(), json.size())); found != parsed_.end()) {
    return part_of(found->second);
  }
  PARZEN_ASSIGN_OR_RETURN(Distribution distribution, DistributionFromJson(json));
  if (parsed_.size() >= kMaxEntries) parsed_.clear();
  return part_of(parsed_[std::string(json)] = std::make_shared<const Entry>(Entry{std::move(distribution), std::string(json)}));
}

absl::StatusOr<Trial> MakeTrial(const StudyIdentity& study, storage::TrialRecord record, DistributionTable* distributions) {
  Trial trial;
  trial.handle.study_uid = study.uid;
  trial.study = study.name;
  trial.id = TrialId(study.id, record.number);
  trial.params.reserve(record.params.size());
  for (storage::ParamRecord& param : record.params) {
    const std::string* text = nullptr;
    PARZEN_ASSIGN_OR_RETURN(std::shared_ptr<const Distribution> distribution, distributions->Find(param.distribution, &text));
    Choice value = ToExternal(*distribution, param.value);
    trial.params.push_back({std::move(param.name), std::move(value), std::move(distribution), param.value, text});
  }
  if (absl::Status status = AddGiven(record, &trial); !status.ok()) return status;
  RefreshTrial(record, &trial);
  trial.intermediates = std::move(record.intermediates);
  trial.user_attrs = std::move(record.user_attrs);
  trial.system_attrs = std::move(record.system_attrs);
  return trial;
}

void RefreshTrial(const storage::TrialRecord& record, Trial* trial) {
  trial->handle.number = record.number;
  trial->handle.attempt = record.attempt;
  trial->state = record.state;
  trial->values = record.values;
  trial->constraints = record.constraints;
  trial->metrics = record.metrics;
  trial->worker = record.worker;
  trial->created_at = record.created_at;
  trial->started_at = record.started_at;
  trial->finished_at = record.finished_at;
  trial->failure = record.failure;
  trial->reason = record.reason;
  trial->lease_micros = record.lease_micros;
  trial->losses = record.losses;
  trial->stop_requested = record.stop_requested;
  trial->enqueued = record.enqueued;
  trial->imported = record.imported;
  trial->revision = record.revision;
  trial->sampled_at_revision = record.sampled_at_revision;
  trial->told_at_revision = record.told_at_revision;
  trial->definition_version = record.definition_version;
  trial->algorithm_version = record.algorithm_version;
}

size_t MessageBytes(const Trial& trial) {
  size_t bytes = 200 + trial.study.size() + trial.worker.size() + trial.reason.size() + 9 * trial.values.size() +
                 24 * trial.intermediates.size();
  for (const TrialParam& param : trial.params) {
    bytes += param.name.size() + 60;
    if (const auto* text = std::get_if<std::string>(&param.value)) bytes += text->size();
    if (param.distribution == nullptr) continue;
    if (const auto* categorical = std::get_if<CategoricalDistribution>(param.distribution.get())) {
      bytes += 16 * categorical->choices.size();
    }
  }
  return bytes + Bytes(trial.constraints) + Bytes(trial.metrics) + Bytes(trial.user_attrs) + Bytes(trial.system_attrs);
}

}  // namespace parzen::engine
