// BeginTrial: the next trial, running without having been sampled, or as a template says. The sampler draws nothing.

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/attributes.h"
#include "server/engine/definition/completed_rungs.h"
#include "server/engine/study/chosen_params.h"
#include "server/engine/study/guest_sampling.h"
#include "server/engine/study/handing_out.h"
#include "server/engine/study/learned_outcome.h"
#include "server/engine/study/leases.h"
#include "server/engine/study/once.h"
#include "server/engine/study/relative_params.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/study_pruner.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/engine/validation.h"
#include "server/error/error.h"

namespace parzen::engine::verbs {
namespace {

bool Ended(const storage::TrialRecord& record) { return record.state >= TrialState::kComplete; }

// Under the mutex: whether the study takes a trial that is going to run.
absl::Status CheckTakesTrials(const StagedStudy& staged) {
  PARZEN_RETURN_IF_ERROR(CheckHandsOut(staged));
  if (staged.Room() > 0) return absl::OkStatus();
  return error::Precondition("ALL_HANDED_OUT", absl::StrCat("study \"", staged.name(), "\" has all of its ",
                                                            *staged.face().definition->max_trials, " trials (max_trials)"));
}

absl::Status CheckValues(const Learner& learner, const TrialTemplate& copy) {
  const size_t objectives = learner.definition().directions.size();
  PARZEN_RETURN_IF_ERROR(CheckReportedValues(copy.intermediates.size(), objectives));
  const bool valued = copy.state == TrialState::kComplete || copy.state == TrialState::kPruned;
  if (!valued || copy.values.empty() || copy.values.size() == objectives) return absl::OkStatus();
  return error::BadField("template_trial.values",
                         absl::StrCat("has ", copy.values.size(), " values; the study has ", objectives, " objectives"));
}

void SetEnd(const TrialTemplate& copy, int64_t now, storage::TrialRecord* record) {
  record->imported = true;
  record->values = copy.values;
  record->finished_at = copy.finished_at != 0 ? copy.finished_at : now;
  if (record->state == TrialState::kFailed) record->failure = FailureKind::kCrashed;
  if (record->state == TrialState::kComplete && copy.values.empty()) {
    record->state = TrialState::kFailed;
    record->failure = FailureKind::kCrashed;
    record->reason = std::string(kCompleteWithoutValues);
  }
  const bool nan = std::any_of(copy.values.begin(), copy.values.end(), [](double value) { return std::isnan(value); });
  if (record->state != TrialState::kComplete || !nan) return;
  record->state = TrialState::kFailed;
  record->failure = FailureKind::kInfeasible;
  record->reason = "an objective is NaN";
  record->values.clear();
}

// What a waiting trial is to be asked for with: parameters of a declared space, where all of them are such, or values that wait
// for their suggestion.
void SetFixed(const Learner& learner, const TrialTemplate& copy, LiveTrial* trial) {
  storage::TrialRecord* record = &trial->record;
  record->enqueued = true;
  const SearchSpace& space = learner.definition().space;
  for (const auto& [name, value] : copy.fixed) {
    if (space.empty()) {
      trial->stored.given.emplace_back(name, value);
      trial->stored.fixed.push_back(name);
      continue;
    }
    const std::optional<size_t> declared = space.Find(name);
    if (!declared) continue;
    const absl::StatusOr<double> internal = ToInternal(name, space[*declared].distribution, value);
    if (!internal.ok()) continue;  // its own client uses it nevertheless, and is warned there
    const ChosenParam param{name, *internal, space[*declared].distribution, learner.DistributionText(*declared)};
    SetChosen(param, &record->params);
    trial->stored.fixed.push_back(name);
  }
}

void ApplyTemplate(const Learner& learner, const TrialTemplate& copy, int64_t now, LiveTrial* trial) {
  storage::TrialRecord* record = &trial->record;
  record->state = copy.state;
  record->intermediates = copy.intermediates;
  for (storage::Intermediate& value : record->intermediates) value.reported_at = now;
  std::sort(record->intermediates.begin(), record->intermediates.end(),
            [](const auto& a, const auto& b) { return a.step < b.step; });
  record->constraints = copy.constraints;
  record->user_attrs = copy.user_attrs;
  record->system_attrs = copy.system_attrs;
  if (auto rungs = RungsWith({}, copy.system_attrs)) SetAttributes({{kRungsKey, *std::move(rungs)}}, &record->system_attrs);
  record->started_at = copy.started_at;
  if (Ended(*record)) SetEnd(copy, now, record);
  if (record->state == TrialState::kWaiting) SetFixed(learner, copy, trial);
}

// For the trial that is to begin.
struct Suggested {
  JointPart joint;
  std::vector<SampledParameter> singles;
};

absl::StatusOr<std::optional<Suggested>> SuggestNew(const StudyPtr& study, const BeginTrialCommand& command) {
  std::optional<Suggested> suggested;
  if (!command.sampling || command.copy_of) return suggested;
  PARZEN_RETURN_IF_ERROR(LearnEnded(study));
  Learner& learner = study->learner();
  SampleCommand question;
  question.sampling = *command.sampling;
  suggested.emplace();
  PARZEN_ASSIGN_OR_RETURN(suggested->joint, SampleAsGuest(&learner, learner.history().size(), question));
  const JointPart& joint = suggested->joint;
  question.sampling.streams = joint.after;
  for (const NamedDistribution& parameter : command.expected) {
    const bool is_joint = !joint.values.empty() && std::any_of(joint.space.begin(), joint.space.end(),
                                                               [&](const auto& p) { return p.name == parameter.name; });
    if (is_joint) continue;
    question.parameter = parameter;
    PARZEN_ASSIGN_OR_RETURN(const JointPart single, SampleAsGuest(&learner, learner.history().size(), question));
    suggested->singles.push_back({single.values.front(), single.after});
    question.sampling.streams = single.after;
  }
  return suggested;
}

absl::StatusOr<LiveTrial> NewTrial(const StudyPtr& study, const BeginTrialCommand& command,
                                   const std::optional<Suggested>& suggested) {
  const Learner& learner = study->learner();
  const int64_t now = study->Now();
  LiveTrial trial;
  storage::TrialRecord& record = trial.record;
  record.number = trial.stored.draft.number = learner.history().size();
  record.state = TrialState::kRunning;
  record.created_at = record.started_at = now;
  record.principal = command.principal;
  for (const ChosenParam& param : command.params) {
    PARZEN_RETURN_IF_ERROR(CheckChosen(learner, param));
    SetChosen(param, &record.params);
  }
  if (command.copy_of) {
    PARZEN_RETURN_IF_ERROR(CheckValues(learner, *command.copy_of));
    ApplyTemplate(learner, *command.copy_of, now, &trial);
  }
  if (suggested && SharesJointPart(command.sampling->sampler)) record.system_attrs = RelativeParams(suggested->joint);
  if (record.state == TrialState::kRunning) {
    record.worker = command.worker;
    record.lease_micros = command.lease_micros.value_or(0);
  }
  record.sampler_draft = StoredDraftToJson(trial.stored);
  return trial;
}

BeginTrialAnswer AnswerOf(const StudyPtr& study, int64_t number) {
  return {{study->identity().uid, number, 0}, TrialId(study->identity().id, number)};
}

// False where the study has just ended: the call is answered then.
absl::StatusOr<bool> StageNew(const StudyPtr& study, const BeginTrialCommand& command, LiveTrial trial,
                              std::optional<Suggested> suggested, const Done<BeginTrialAnswer>& done, Answers* now) {
  const int64_t number = trial.record.number;
  const auto batch = std::make_shared<Batch>();
  BeginTrialAnswer answer = AnswerOf(study, number);
  if (suggested) {
    answer.joint = std::move(suggested->joint);
    answer.singles = std::move(suggested->singles);
  }
  answer.system_attrs = trial.record.system_attrs;
  answer.started_at = trial.record.started_at;
  batch->done.push_back(AnswerWith(std::move(answer), done));
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  if (!trial.record.imported) {
    if (FinishIfDue(study, [done](const absl::Status& refusal) { done(refusal); }, now)) return false;
    PARZEN_RETURN_IF_ERROR(CheckTakesTrials(staged));
  }
  trial.record.definition_version = staged.face().definition_version;
  if (trial.record.state == TrialState::kRunning) trial.record.sampled_at_revision = staged.revision();
  staged.Insert(std::move(trial), batch.get());
  if (const LiveTrial* live = staged.Find(number); live != nullptr && live->record.state == TrialState::kRunning) {
    RenewLease(study, live->record);
  }
  *now = study->Queue(batch, command.request, command.request.id ? ResultWriter().Int(number).Take() : "", number);
  return true;
}

void LearnNew(Learner* learner, const BeginTrialCommand& command, const storage::TrialRecord& record) {
  std::vector<LearnedParam> params;
  for (const ChosenParam& param : command.params) params.push_back({param.name, &param.distribution, param.value});
  if (record.state == TrialState::kWaiting) return learner->AddRow(RowState::kWaiting, params, nullptr);
  if (record.state == TrialState::kRunning) return learner->AddRow(RowState::kRunning, params, nullptr);
  const storage::Intermediate* last = record.intermediates.empty() ? nullptr : &record.intermediates.back();
  const Outcome outcome = LearnedOutcome(record.state, record.failure, record.values, record.constraints, last);
  learner->AddRow(outcome.state, params, &outcome);
}

void LearnJoint(Learner* learner, const BeginTrialCommand& command, int64_t number, const JointPart& joint) {
  if (!SharesJointPart(command.sampling->sampler)) return learner->Assume(number, joint);
  std::vector<NamedValue> relative;
  for (size_t i = 0; i < joint.values.size(); ++i) relative.push_back({joint.space[i].name, joint.values[i]});
  if (!relative.empty()) learner->SetRelative(number, std::move(relative));
}

void RunBeginTrial(const StudyPtr& study, const BeginTrialCommand& command, Done<BeginTrialAnswer> done) {
  const absl::StatusOr<std::optional<Suggested>> suggested = SuggestNew(study, command);
  if (!suggested.ok()) return done(suggested.status());
  const absl::StatusOr<LiveTrial> trial = NewTrial(study, command, *suggested);
  if (!trial.ok()) return done(trial.status());
  Answers now;
  const absl::StatusOr<bool> staged = StageNew(study, command, *trial, *suggested, done, &now);
  if (!staged.ok()) return done(staged.status());
  AnswerNow(now);
  if (!*staged) return;
  LearnNew(&study->learner(), command, trial->record);
  if (*suggested) LearnJoint(&study->learner(), command, trial->record.number, (*suggested)->joint);
  if (study->learner().history().size() % 256 != 0) return;
  study->NoteMemory();
  // Where nobody is sampled for, nothing else asks for it.
  LearnEnded(study).IgnoreError();
}

absl::StatusOr<BeginTrialAnswer> RecallBeginTrial(const StudyPtr& study, const BeginTrialCommand&, std::string_view result) {
  ResultReader reader(result);
  const int64_t number = reader.Int();
  if (!reader.ok()) return absl::DataLossError("the kept answer of a BeginTrial cannot be read");
  return AnswerOf(study, number);
}

}  // namespace

void BeginTrial(const StudyPtr& study, BeginTrialCommand command, Done<BeginTrialAnswer> done) {
  const bool samples = command.sampling.has_value();
  Once<BeginTrialCommand, BeginTrialAnswer>(study, std::move(command), std::move(done),
                                            samples ? OnStrand<BeginTrialCommand, BeginTrialAnswer, RunBeginTrial>
                                                    : OnIdleStrand<BeginTrialCommand, BeginTrialAnswer, RunBeginTrial>,
                                            RecallBeginTrial);
}

}  // namespace parzen::engine::verbs
