// Suggest: define-by-run, one parameter of a running trial at a time.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {

void StudyEngine::RunSuggest(const SuggestCommand& command, Done<SuggestAnswer> done) {
  LiveTrial trial;
  std::vector<Ended> deltas;
  if (absl::Status status = PlanSuggest(command, &trial, &deltas); !status.ok()) return done(status);
  Drain(deltas);
  const auto is_it = [&](const storage::ParamRecord& param) { return param.name == command.name; };
  const auto there = std::find_if(trial.record.params.begin(), trial.record.params.end(), is_it);
  Choice value;
  if (there != trial.record.params.end()) {
    if (absl::Status status = CheckRepeated(command, *there); !status.ok()) return done(status);
    const auto distribution = distributions_.Find(there->distribution);
    if (!distribution.ok()) return done(distribution.status());
    value = ToExternal(**distribution, there->value);
  } else {
    absl::StatusOr<storage::ParamRecord> param = SuggestParam(command, &trial);
    if (!param.ok()) return done(param.status());
    value = ToExternal(command.distribution, param->value);
    trial.record.params.push_back(*std::move(param));
    trial.record.sampler_draft = StoredDraftToJson(trial.stored);
  }
  if (absl::Status status = StageSuggest(command, std::move(trial), value, done); !status.ok()) {
    Fail(status);
    done(status);
  }
}

absl::Status StudyEngine::PlanSuggest(const SuggestCommand& command, LiveTrial* copy, std::vector<Ended>* deltas) {
  const std::lock_guard lock(mutex_);
  if (absl::Status status = Check(); !status.ok()) return status;
  if (absl::Status status = CheckRunning(command.trial, "trial"); !status.ok()) return status;
  *copy = *FindLive(command.trial.number);
  deltas->swap(deltas_);
  return absl::OkStatus();
}

// The same name answers the same value, asked for with a distribution that has it.
absl::Status StudyEngine::CheckRepeated(const SuggestCommand& command, const storage::ParamRecord& param) const {
  const absl::StatusOr<Distribution> distribution = DistributionFromJson(param.distribution);
  if (!distribution.ok()) return distribution.status();
  const bool same_kind = distribution->index() == command.distribution.index();
  if (same_kind && IsCompatible(*distribution, command.distribution) && Contains(command.distribution, param.value)) {
    return absl::OkStatus();
  }
  if (*distribution == command.distribution) return absl::OkStatus();
  return error::BadField("distribution", "\"" + command.name + "\" of this trial was suggested as " + ToString(*distribution) +
                                             ", not as " + ToString(command.distribution) + "; one that has its value " +
                                             param.json + " is accepted");
}

absl::StatusOr<storage::ParamRecord> StudyEngine::SuggestParam(const SuggestCommand& command, LiveTrial* trial) {
  const SearchSpace& space = learner_->definition().space;
  if (!space.empty()) {
    if (space.Find(command.name)) return error::BadField("name", "\"" + command.name + "\" is not active in this trial");
    return error::BadField("name", "\"" + command.name + "\" is no parameter of study \"" + identity_.name +
                                       "\"; its space is declared: its own parameters are accepted");
  }
  absl::Status status = ValidateDistribution(command.name, command.distribution);
  if (!status.ok()) return error::AsBadField(status, "distribution");
  status = CheckColumn("distribution", command.name, command.distribution);
  if (!status.ok()) return status;
  if (trial->record.params.size() >= kMaxParameters) {
    return error::OverLimit("LIMIT_PARAMETERS", absl::StrCat("a trial has at most ", kMaxParameters, " parameters"));
  }
  const int64_t number = trial->record.number;
  std::vector<std::pair<std::string, Choice>>& given = trial->stored.given;
  const auto fixed = std::find_if(given.begin(), given.end(), [&](const auto& entry) { return entry.first == command.name; });
  double value = 0;
  if (fixed != given.end()) {
    const absl::StatusOr<double> internal = ToInternal(command.name, command.distribution, fixed->second);
    if (!internal.ok()) return error::AsBadField(internal.status(), "distribution");
    value = *internal;
    learner_->SetParameter(number, command.name, command.distribution, value);
    given.erase(fixed);
  } else {
    const absl::StatusOr<double> sampled =
        learner_->SampleParameter(number, command.name, command.distribution, &trial->stored.draft);
    if (!sampled.ok()) return error::AsBadField(sampled.status(), "distribution");
    value = *sampled;
  }
  return MakeParam(command.name, command.distribution, DistributionToJson(command.distribution), value);
}

// What the learner holds is staged even where the trial was told in the meantime: memory and disk agree.
absl::Status StudyEngine::StageSuggest(const SuggestCommand& command, LiveTrial sampled, const Choice& value,
                                       Done<SuggestAnswer> done) {
  const int64_t number = sampled.record.number;
  auto batch = std::make_shared<Batch>();
  KeepSamplerState(batch.get());
  batch->done.push_back([value, done = std::move(done)](const absl::Status& committed) {
    if (!committed.ok()) return done(committed);
    done(SuggestAnswer{value});
  });
  std::unique_lock lock(mutex_);
  if (absl::Status status = Check(); !status.ok()) return status;
  LiveTrial* live = FindLive(number);
  if (live == nullptr || live->record.params.size() < sampled.record.params.size()) {
    storage::UpdateTrial update;
    update.number = number;
    update.revision = StageRevision(number, static_cast<TrialState>(index_[number].staged), batch.get());
    update.params = sampled.record.params;
    update.sampler_draft = sampled.record.sampler_draft;
    batch->changes.emplace_back(std::move(update));
    if (live != nullptr) {
      live->record.revision = revision_;
      live->record.params = std::move(sampled.record.params);
      live->record.sampler_draft = std::move(sampled.record.sampler_draft);
      live->stored = std::move(sampled.stored);
    }
  }
  QueueAndRelease(std::move(lock), std::move(batch), command.request, ChoiceToJson(value), -1);
  return absl::OkStatus();
}

absl::StatusOr<SuggestAnswer> StudyEngine::RecallSuggest(const SuggestCommand&, std::string_view result) {
  absl::StatusOr<Choice> value = ChoiceFromJson(result);
  if (!value.ok()) return value.status();
  return SuggestAnswer{*std::move(value)};
}

}  // namespace parzen::engine
