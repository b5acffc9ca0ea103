// ExplainTrial: the suggestion is replayed from the history as it was.
//
// What that was follows from what is kept with every trial. Let S be the trial's sampled_at_revision. A trial had ended if it was
// told at a revision up to S. It was there if it has a lower number or, for an enqueued trial that was asked for later, if it was
// sampled (or imported) before; enqueued ones were waiting until they were sampled. Asks sample enqueued trials by number, then
// new ones.

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/study/checks.h"
#include "server/engine/study/learned_outcome.h"
#include "server/engine/study/lived_order.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine::verbs {
namespace {

constexpr int64_t kChunk = 500;  // records read at a time

enum class Was { kAbsent, kWaiting, kRunning, kEnded };

// What `other` was when `trial` was sampled.
Was StateThen(const storage::TrialRecord& trial, const storage::TrialRecord& other) {
  const int64_t then = trial.sampled_at_revision;
  if (other.imported) return other.told_at_revision <= then ? Was::kEnded : Was::kAbsent;
  if (other.told_at_revision != 0 && other.told_at_revision <= then) return Was::kEnded;
  const bool sampled = other.state != TrialState::kWaiting || other.attempt > 0;
  // Trials of the same Ask have the same sampled_at_revision.
  const bool in_turn = other.enqueued == trial.enqueued ? other.number < trial.number : other.enqueued;
  const bool before = sampled && (other.sampled_at_revision < then || (other.sampled_at_revision == then && in_turn));
  if (before) return Was::kRunning;
  if (other.enqueued) return Was::kWaiting;  // or not there yet: a waiting trial teaches nothing, only its point may count
  return Was::kAbsent;
}

absl::Status ReplayRow(const StudyPtr& study, const storage::TrialRecord& record, bool waiting, bool ended, Learner* learner) {
  PARZEN_ASSIGN_OR_RETURN(StoredDraft stored, StoredDraftFromJson(record.sampler_draft, record.number));
  std::vector<std::shared_ptr<const Distribution>> distributions;
  std::vector<LearnedParam> params;
  for (const storage::ParamRecord& param : record.params) {
    const bool fixed = std::find(stored.fixed.begin(), stored.fixed.end(), param.name) != stored.fixed.end();
    if (waiting && !fixed) continue;
    PARZEN_ASSIGN_OR_RETURN(const auto distribution, study->distributions()->Find(param.distribution));
    distributions.push_back(distribution);
    params.push_back({param.name, distributions.back().get(), param.value});
  }
  if (waiting || !ended) {
    learner->AddRow(waiting ? RowState::kWaiting : RowState::kRunning, params, nullptr);
    if (!waiting) learner->SetRelative(record.number, std::move(stored.draft.relative));
    return absl::OkStatus();
  }
  const storage::Intermediate* last = record.intermediates.empty() ? nullptr : &record.intermediates.back();
  const Outcome outcome = LearnedOutcome(record.state, record.failure, record.values, record.constraints, last);
  learner->AddRow(outcome.state, params, &outcome);
  return absl::OkStatus();
}

// The rows of all trials that were there, as they were. `size`: trials that readers see.
absl::Status ReplayRows(const StudyPtr& study, const storage::TrialRecord& trial, int64_t size, Learner* learner,
                        LivedOrder* lived) {
  for (int64_t begin = 0; begin < size; begin += kChunk) {
    std::vector<int64_t> numbers;
    for (int64_t number = begin; number < std::min(size, begin + kChunk); ++number) numbers.push_back(number);
    const absl::StatusOr<std::vector<storage::TrialRecord>> records =
        study->context().storage->ReadTrials(study->identity().uid, numbers, storage::View::kFull);
    if (!records.ok()) return error::FromStorage(records.status());
    for (const storage::TrialRecord& record : *records) {
      const Was was = record.number == trial.number ? Was::kWaiting : StateThen(trial, record);
      if (was == Was::kAbsent) return absl::OkStatus();  // those after it were not there either
      PARZEN_RETURN_IF_ERROR(ReplayRow(study, record, was == Was::kWaiting, was == Was::kEnded, learner));
      lived->Add(was == Was::kWaiting ? 0 : record.sampled_at_revision, was == Was::kEnded ? record.told_at_revision : 0);
    }
  }
  return absl::OkStatus();
}

// The same, and in which order they had been lived.
absl::Status Replay(const StudyPtr& study, const storage::TrialRecord& trial, int64_t size, Learner* learner) {
  LivedOrder lived;
  PARZEN_RETURN_IF_ERROR(ReplayRows(study, trial, size, learner, &lived));
  lived.Tell(learner);
  return absl::OkStatus();
}

// An explanation is shown only where sampling again, from the same history, gives the trial's parameters again. A sampler that
// keeps fitted state may have had another one then; its explanation is shown as it is.
absl::Status CheckReplay(const storage::TrialRecord& record, std::vector<NamedValue> fixed, Learner* learner) {
  if (!learner->TakeState().empty()) return absl::OkStatus();
  PARZEN_ASSIGN_OR_RETURN(const Suggestion suggestion, learner->Sample(record.number, std::move(fixed)));
  const SearchSpace& space = learner->definition().space;
  size_t active = 0;
  for (size_t i = 0; i < space.size(); ++i) {
    if (std::isnan(suggestion.point[i])) continue;
    ++active;
    const auto is_it = [&](const storage::ParamRecord& param) {
      return param.name == space[i].name && param.value == suggestion.point[i];
    };
    if (std::any_of(record.params.begin(), record.params.end(), is_it)) continue;
    return absl::InternalError(
        absl::StrCat("trial ", record.number, ": replaying its suggestion gives another \"", space[i].name, "\""));
  }
  if (active == record.params.size()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("trial ", record.number, ": replaying its suggestion gives other parameters"));
}

using ParamDistributions = std::vector<std::pair<std::string, std::shared_ptr<const Distribution>>>;

// Whether a joint value is what the trial got, on the grid that it asked for.
bool IsValueOf(const storage::ParamRecord& param, const Distribution& distribution, const NamedValue& joint) {
  if (joint.name != param.name || !Contains(distribution, joint.value)) return false;
  if (CountValues(distribution)) return IndexOfValue(distribution, joint.value) == IndexOfValue(distribution, param.value);
  return joint.value == param.value;
}

bool SameJointPart(std::vector<NamedValue> a, std::vector<NamedValue> b) {
  const auto is_note = [](const NamedValue& value) { return value.name.empty(); };
  std::erase_if(a, is_note);
  std::erase_if(b, is_note);
  return a == b;
}

absl::Status NotExplainedOneByOne() {
  return error::NotImplemented("ExplainTrial of define-by-run studies",
                               "ExplainTrial: in a define-by-run study only trials are explained that begin with a joint "
                               "suggestion: those of gp-ei, by itself or as the default, from algorithm version 3 on");
}

// Refuses what could not be explained before anything is read for it.
absl::Status CheckExplainsPrograms(const StudyDefinition& definition) {
  if (!definition.space.empty()) return absl::OkStatus();
  const int32_t from = DescriptorOf(definition.sampler.kind).explains_programs_from;
  return from > 0 && definition.sampler.algorithm_version >= from ? absl::OkStatus() : NotExplainedOneByOne();
}

// A define-by-run trial: what was drawn jointly at its beginning, as far as the trial has used it, and each other parameter for
// itself. `distributions` begin with those of the trial's parameters.
absl::StatusOr<Explanation> ExplainDefineByRun(const storage::TrialRecord& record, const StoredDraft& stored,
                                               std::vector<NamedValue> fixed, const ParamDistributions& distributions,
                                               Learner* learner) {
  absl::StatusOr<ExplainedStart> start =
      learner->ExplainBegin(record.number, stored.given, std::move(fixed), stored.draft.before);
  if (absl::IsUnimplemented(start.status())) return NotExplainedOneByOne();
  if (!start.ok()) return start.status();
  if (!SameJointPart(start->draft.relative, stored.draft.relative)) {
    return absl::InternalError(absl::StrCat("trial ", record.number, ": replaying its beginning gives another joint suggestion"));
  }
  Explanation explanation;
  start->joint.parameters.clear();
  for (size_t i = 0; i < record.params.size(); ++i) {
    const storage::ParamRecord& param = record.params[i];
    const Distribution& distribution = *distributions[i].second;
    const bool is_fixed = std::find(stored.fixed.begin(), stored.fixed.end(), param.name) != stored.fixed.end();
    const bool is_joint = std::any_of(start->draft.relative.begin(), start->draft.relative.end(),
                                      [&](const NamedValue& joint) { return IsValueOf(param, distribution, joint); });
    if (is_joint && !is_fixed) {
      start->joint.parameters.push_back(param.name);
      continue;
    }
    ExplainedGroup alone;
    alone.parameters = {param.name};
    alone.method = is_fixed ? "fixed" : IsSingle(distribution) ? "single" : start->alone;
    explanation.groups.push_back(std::move(alone));
  }
  if (!start->joint.parameters.empty()) explanation.groups.push_back(std::move(start->joint));
  return explanation;
}

// Whether a trial was sampled here, under the present definition.
absl::Status CheckExplainable(const storage::TrialRecord& record, int32_t definition_version) {
  const int64_t number = record.number;
  if (record.imported)
    return error::Precondition("TRIAL_FINISHED", absl::StrCat("trial ", number, " was imported; it was not sampled here"));
  if (record.state == TrialState::kWaiting && record.attempt == 0) {
    return error::Precondition("TRIAL_NOT_RUNNING",
                               absl::StrCat("trial ", number, " is WAITING: its parameters are not sampled yet"));
  }
  if (record.algorithm_version == 0) {
    return error::Precondition("TRIAL_FINISHED",
                               absl::StrCat("trial ", number, " is a copy of another study's; it was not sampled here"));
  }
  if (record.definition_version != definition_version) {
    return error::NotImplemented("ExplainTrial across definitions",
                                 absl::StrCat("trial ", number, " was sampled under version ", record.definition_version,
                                              " of the study's space and sampler, which has version ", definition_version,
                                              " now; only trials of the present one can be explained in this version"));
  }
  return absl::OkStatus();
}

// How the trial's parameters read, then those that it has not.
absl::StatusOr<ParamDistributions> DistributionsOf(const StudyPtr& study, const storage::TrialRecord& record,
                                                   const Learner& learner) {
  ParamDistributions distributions;
  for (const storage::ParamRecord& param : record.params) {
    PARZEN_ASSIGN_OR_RETURN(const auto distribution, study->distributions()->Find(param.distribution));
    distributions.emplace_back(param.name, distribution);
  }
  const auto add = [&](const std::string& name, const Distribution& distribution) {
    const auto is_it = [&](const auto& entry) { return entry.first == name; };
    if (std::any_of(distributions.begin(), distributions.end(), is_it)) return;
    distributions.emplace_back(name, std::make_shared<const Distribution>(distribution));
  };
  const SearchSpace& space = learner.definition().space;
  for (const Parameter& parameter : space.parameters()) add(parameter.name, parameter.distribution);
  if (!space.empty()) return distributions;
  for (const Column& column : learner.history().columns()) add(column.name, column.distribution);
  return distributions;
}

// On a reader thread. `size`: trials that readers see.
absl::StatusOr<ExplainTrialAnswer> Explain(const StudyPtr& study, int64_t number, int64_t size, const Face& face) {
  const absl::StatusOr<std::vector<storage::TrialRecord>> read =
      study->context().storage->ReadTrials(study->identity().uid, std::span(&number, 1), storage::View::kFull);
  if (!read.ok()) return error::FromStorage(read.status());
  const storage::TrialRecord& record = read->front();
  PARZEN_RETURN_IF_ERROR(CheckExplainable(record, face.definition_version));
  PARZEN_ASSIGN_OR_RETURN(const StoredDraft stored, StoredDraftFromJson(record.sampler_draft, number));
  PARZEN_ASSIGN_OR_RETURN(const std::unique_ptr<Learner> learner, Learner::Create(face.definition));
  learner->AdvanceStreams(stored.draft.before);
  PARZEN_RETURN_IF_ERROR(Replay(study, record, record.enqueued ? size : number, learner.get()));

  std::vector<NamedValue> fixed;
  for (const storage::ParamRecord& param : record.params) {
    const bool is_fixed = std::find(stored.fixed.begin(), stored.fixed.end(), param.name) != stored.fixed.end();
    if (is_fixed) fixed.push_back({param.name, param.value});
  }
  ExplainTrialAnswer answer;
  PARZEN_ASSIGN_OR_RETURN(answer.distributions, DistributionsOf(study, record, *learner));
  if (face.definition->space.empty()) {
    PARZEN_ASSIGN_OR_RETURN(answer.explanation,
                            ExplainDefineByRun(record, stored, std::move(fixed), answer.distributions, learner.get()));
  } else {
    absl::StatusOr<Explanation> explanation = learner->Explain(number, fixed, stored.draft.before);
    if (!explanation.ok()) return error::AsBadField(explanation.status(), "number");
    answer.explanation = *std::move(explanation);
    PARZEN_RETURN_IF_ERROR(CheckReplay(record, std::move(fixed), learner.get()));
  }
  PARZEN_ASSIGN_OR_RETURN(answer.trial, MakeTrial(study->identity(), record, study->distributions()));
  return answer;
}

}  // namespace

void ExplainTrial(const StudyPtr& study, ExplainTrialCommand command, Done<ExplainTrialAnswer> done) {
  absl::Status status;
  std::shared_ptr<const Face> face;
  int64_t size = 0;
  {
    const MutexLock lock(study->mutex());
    status = CheckVisible(study, command.number);
    face = study->rooms().durable.face();
    size = study->rooms().durable.size();
  }
  if (status.ok()) status = CheckExplainsPrograms(*face->definition);
  if (!status.ok()) return done(status);
  study->context().readers->Post(
      [study, number = command.number, size, face, done = std::move(done)] { done(Explain(study, number, size, *face)); });
}

}  // namespace parzen::engine::verbs
