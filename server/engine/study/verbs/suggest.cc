// Suggest: define-by-run, one parameter of a running trial at a time.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/study/checks.h"
#include "server/engine/study/given_params.h"
#include "server/engine/study/once.h"
#include "server/engine/study/sampling.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine::verbs {
namespace {

// A copy of the trial, and what the learner has to learn first.
absl::Status PlanSuggest(const StudyPtr& study, const SuggestCommand& command, LiveTrial* copy, std::vector<Ended>* ended) {
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  PARZEN_RETURN_IF_ERROR(CheckRunning(staged, command.trial, "trial"));
  *copy = *staged.Find(command.trial.number);
  *ended = staged.TakeEnded();
  return absl::OkStatus();
}

// The same name answers the same value, asked for with a distribution that has it.
absl::Status CheckRepeated(const SuggestCommand& command, const storage::ParamRecord& param) {
  PARZEN_ASSIGN_OR_RETURN(const Distribution distribution, DistributionFromJson(param.distribution));
  const bool same_kind = distribution.index() == command.distribution.index();
  if (same_kind && IsCompatible(distribution, command.distribution) && Contains(command.distribution, param.value)) {
    return absl::OkStatus();
  }
  if (distribution == command.distribution) return absl::OkStatus();
  return error::BadField("distribution", "\"" + command.name + "\" of this trial was suggested as " + ToString(distribution) +
                                             ", not as " + ToString(command.distribution) + "; one that has its value " +
                                             param.json + " is accepted");
}

absl::StatusOr<storage::ParamRecord> SuggestParam(const StudyPtr& study, const SuggestCommand& command, LiveTrial* trial) {
  Learner& learner = study->learner();
  const SearchSpace& space = learner.definition().space;
  if (!space.empty()) {
    if (space.Find(command.name)) return error::BadField("name", "\"" + command.name + "\" is not active in this trial");
    return error::BadField("name", "\"" + command.name + "\" is no parameter of study \"" + study->identity().name +
                                       "\"; its space is declared: its own parameters are accepted");
  }
  if (absl::Status status = ValidateDistribution(command.name, command.distribution); !status.ok())
    return error::AsBadField(status, "distribution");
  PARZEN_RETURN_IF_ERROR(CheckColumn(learner, "distribution", command.name, command.distribution));
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
    learner.SetParameter(number, command.name, command.distribution, value);
    given.erase(fixed);
  } else {
    const absl::StatusOr<double> sampled =
        learner.SampleParameter(number, command.name, command.distribution, &trial->stored.draft);
    if (!sampled.ok()) return error::AsBadField(sampled.status(), "distribution");
    value = *sampled;
  }
  return MakeParam(command.name, command.distribution, DistributionToJson(command.distribution), value);
}

// What the learner holds is staged even where the trial was told in the meantime: memory and disk agree.
absl::Status StageSuggest(const StudyPtr& study, const SuggestCommand& command, LiveTrial sampled, const Choice& value,
                          Done<SuggestAnswer> done, Answers* now) {
  const int64_t number = sampled.record.number;
  const auto batch = std::make_shared<Batch>();
  KeepSamplerState(&study->learner(), batch.get());
  batch->done.push_back(AnswerWith(SuggestAnswer{value}, std::move(done)));
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  LiveTrial* live = staged.Find(number);
  if (live == nullptr || live->record.params.size() < sampled.record.params.size()) {
    storage::UpdateTrial update;
    update.number = number;
    update.params = std::move(sampled.record.params);
    update.sampler_draft = std::move(sampled.record.sampler_draft);
    staged.Change(std::move(update), batch.get());
    if (live != nullptr) live->stored = std::move(sampled.stored);
  }
  *now = study->Queue(batch, command.request, ChoiceToJson(value), -1);
  return absl::OkStatus();
}

// The parameter's value: the one it has already, or a new one, which the trial gets.
absl::StatusOr<Choice> ValueOf(const StudyPtr& study, const SuggestCommand& command, LiveTrial* trial) {
  std::vector<storage::ParamRecord>& params = trial->record.params;
  const auto there =
      std::find_if(params.begin(), params.end(), [&](const storage::ParamRecord& param) { return param.name == command.name; });
  if (there != params.end()) {
    PARZEN_RETURN_IF_ERROR(CheckRepeated(command, *there));
    PARZEN_ASSIGN_OR_RETURN(const auto distribution, study->distributions()->Find(there->distribution));
    return ToExternal(*distribution, there->value);
  }
  PARZEN_ASSIGN_OR_RETURN(storage::ParamRecord param, SuggestParam(study, command, trial));
  Choice value = ToExternal(command.distribution, param.value);
  params.push_back(std::move(param));
  trial->record.sampler_draft = StoredDraftToJson(trial->stored);
  return value;
}

void RunSuggest(const StudyPtr& study, const SuggestCommand& command, Done<SuggestAnswer> done) {
  LiveTrial trial;
  std::vector<Ended> ended;
  if (absl::Status status = PlanSuggest(study, command, &trial, &ended); !status.ok()) return done(status);
  study->learner().Learn(ended);
  const absl::StatusOr<Choice> value = ValueOf(study, command, &trial);
  if (!value.ok()) return done(value.status());
  Answers now;
  if (absl::Status status = StageSuggest(study, command, std::move(trial), *value, done, &now); !status.ok()) {
    study->Fail(status);
    return done(status);
  }
  AnswerNow(now);
}

absl::StatusOr<SuggestAnswer> RecallSuggest(const StudyPtr&, const SuggestCommand&, std::string_view result) {
  PARZEN_ASSIGN_OR_RETURN(Choice value, ChoiceFromJson(result));
  return SuggestAnswer{std::move(value)};
}

}  // namespace

void Suggest(const StudyPtr& study, SuggestCommand command, Done<SuggestAnswer> done) {
  Once<SuggestCommand, SuggestAnswer>(study, std::move(command), std::move(done),
                                      OnStrand<SuggestCommand, SuggestAnswer, RunSuggest>, RecallSuggest);
}

}  // namespace parzen::engine::verbs
