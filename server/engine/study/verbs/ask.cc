// Ask: first the worker's own (resume), then those taken back, then enqueued ones, each by number, then new ones; in one
// transaction.
//
// While it samples, other threads may tell the worker's own trials and those taken back, or take trials back: what has changed
// since the plan was made is left out. Sampling many is cut into the strand's turns, so that other studies' calls go on; what is
// told between two of them is learned after the last, so that suggestions do not depend on the turns.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/study/checks.h"
#include "server/engine/study/handing_out.h"
#include "server/engine/study/leases.h"
#include "server/engine/study/once.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/sampling.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine::verbs {
namespace {

using Clock = std::chrono::steady_clock;

// An Ask between its plan and its transaction. The trials are copies.
struct AskUnderWay {
  AskCommand command;
  Done<AskAnswer> done;
  Clock::time_point begun = Clock::now();
  std::vector<LiveTrial> resumed;  // the worker's own
  std::vector<LiveTrial> retries;  // taken back from others
  std::vector<LiveTrial> sampled;  // enqueued ones, then new ones
  size_t ready = 0;                // how many of `sampled` have their parameters
  int64_t sampled_at = 0;          // the revision whose history they are sampled from
  std::vector<Ended> ended;        // what is to be learned first
};
using AskPtr = std::shared_ptr<AskUnderWay>;

void RunAsk(const StudyPtr& study, const AskCommand& command, Done<AskAnswer> done);

// Which trials are handed out, as far as that can be known before they are sampled. False where the Ask has been answered.
absl::StatusOr<bool> PlanAsk(const StudyPtr& study, AskUnderWay* ask, Answers* now) {
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  if (FinishIfDue(study, ask->done, now)) return false;
  PARZEN_RETURN_IF_ERROR(CheckHandsOut(staged));
  const auto count = static_cast<size_t>(ask->command.count);
  size_t left = count;
  if (ask->command.resume) {
    ask->resumed = staged.trials().RunningOf(ask->command.worker);
    if (ask->resumed.size() > left) ask->resumed.resize(left);
    left -= ask->resumed.size();
  }
  const auto take = [&](const std::set<int64_t>& numbers, std::vector<LiveTrial>* copies) {
    for (auto number = numbers.begin(); left > 0 && number != numbers.end(); ++number, --left) {
      copies->push_back(*staged.Find(*number));
    }
  };
  take(staged.trials().retries(), &ask->retries);
  take(staged.trials().waiting(), &ask->sampled);
  const int64_t fresh = std::min(static_cast<int64_t>(left), staged.Room());
  if (left == count && fresh == 0) {
    return error::Precondition("ALL_HANDED_OUT",
                               absl::StrCat("study \"", staged.name(), "\" has handed out all of its ",
                                            *staged.face().definition->max_trials, " trials (max_trials); some still run"));
  }
  for (int64_t i = 0; i < fresh; ++i) {
    ask->sampled.emplace_back().record.number = staged.trials().size() + i;
  }
  ask->ended = staged.TakeEnded();
  ask->sampled_at = staged.revision();
  return true;
}

// A declared space's trial gets its parameters; those that it has already are fixed.
absl::Status SamplePoint(Learner* learner, LiveTrial* trial) {
  storage::TrialRecord& record = trial->record;
  const SearchSpace& space = learner->definition().space;
  std::vector<NamedValue> fixed;
  for (const storage::ParamRecord& param : record.params) fixed.push_back({param.name, param.value});
  PARZEN_ASSIGN_OR_RETURN(Suggestion suggestion, learner->Sample(record.number, std::move(fixed)));
  record.params.clear();
  for (size_t i = 0; i < space.size(); ++i) {
    if (std::isnan(suggestion.point[i])) continue;
    record.params.push_back(MakeParam(space[i].name, space[i].distribution, learner->DistributionText(i), suggestion.point[i]));
  }
  std::erase_if(trial->stored.fixed, [&](const std::string& name) {
    return std::none_of(record.params.begin(), record.params.end(), [&](const auto& param) { return param.name == name; });
  });
  trial->stored.draft = std::move(suggestion.draft);
  return absl::OkStatus();
}

// Makes a running trial of a new or an enqueued one.
absl::Status SampleTrial(const StudyPtr& study, const AskUnderWay& ask, LiveTrial* trial) {
  Learner& learner = study->learner();
  storage::TrialRecord& record = trial->record;
  if (learner.definition().space.empty()) {
    std::vector<NamedValue> fixed;  // of a template
    for (const storage::ParamRecord& param : record.params) fixed.push_back({param.name, param.value});
    PARZEN_ASSIGN_OR_RETURN(trial->stored.draft, learner.Begin(record.number, trial->stored.given, std::move(fixed)));
    for (const storage::ParamRecord& param : record.params) {
      PARZEN_ASSIGN_OR_RETURN(const auto distribution, study->distributions()->Find(param.distribution));
      learner.SetParameter(record.number, param.name, *distribution, param.value);
    }
  } else {
    PARZEN_RETURN_IF_ERROR(SamplePoint(&learner, trial));
  }
  record.state = TrialState::kRunning;
  record.worker = ask.command.worker;
  record.principal = ask.command.principal;
  record.lease_micros = ask.command.lease_micros.value_or(0);
  record.started_at = study->Now();
  if (record.created_at == 0) record.created_at = record.started_at;
  record.sampled_at_revision = ask.sampled_at;
  record.algorithm_version = learner.definition().sampler.algorithm_version;
  record.sampler_draft = StoredDraftToJson(trial->stored);
  return absl::OkStatus();
}

absl::Status SampleError(const StudyPtr& study, const absl::Status& status) {
  if (!absl::IsFailedPrecondition(status)) return status;
  return error::Precondition("SPACE_EXHAUSTED",
                             absl::StrCat("study \"", study->identity().name, "\" has handed out all ",
                                          *study->learner().definition().space.FiniteSize(),
                                          " points of its space; allow_repeats or a wider space (UpdateStudy) lets it go on"));
}

// --- Staging, under the mutex. Each sets what the change has made of the trial in `view`, made of `planned`, and returns false
// where the trial has passed on since it was planned.

absl::Status Refresh(const StudyPtr& study, const storage::TrialRecord& record, bool moved, Trial* view) {
  if (!moved) {
    RefreshTrial(record, view);
    return absl::OkStatus();
  }
  PARZEN_ASSIGN_OR_RETURN(*view, MakeTrial(study->identity(), record, study->distributions()));
  return absl::OkStatus();
}

// A trial that its worker has and wants again, as it is but for the lease; or one that was taken back, which runs again.
absl::StatusOr<bool> StageKept(const StudyPtr& study, const AskCommand& command, const storage::TrialRecord& planned, Trial* view,
                               Batch* batch) REQUIRES(study->mutex()) {
  StagedStudy& staged = study->rooms().staged;
  const LiveTrial* live = staged.Find(planned.number);
  if (live == nullptr) return false;
  const storage::TrialRecord& record = live->record;
  if (record.state != planned.state || record.attempt != planned.attempt) return false;
  const bool moved = record.revision != planned.revision;
  const int64_t lease_micros = command.lease_micros.value_or(0);
  storage::UpdateTrial update;
  update.number = record.number;
  if (planned.state == TrialState::kWaiting) {
    update.state = TrialState::kRunning;
    update.worker = command.worker;
    update.principal = command.principal;
    update.started_at = study->Now();
    update.lease_micros = lease_micros;
    staged.Change(std::move(update), batch);
  } else if (record.lease_micros != lease_micros) {
    update.lease_micros = lease_micros;
    staged.Change(std::move(update), batch);
  }
  RenewLease(study, record);
  PARZEN_RETURN_IF_ERROR(Refresh(study, record, moved, view));
  return true;
}

// An enqueued trial's first start, as one change.
storage::UpdateTrial StartOf(storage::TrialRecord sampled) {
  storage::UpdateTrial update;
  update.number = sampled.number;
  update.state = sampled.state;
  update.params = std::move(sampled.params);
  update.worker = std::move(sampled.worker);
  update.principal = std::move(sampled.principal);
  update.lease_micros = sampled.lease_micros;
  update.started_at = sampled.started_at;
  update.sampled_at_revision = sampled.sampled_at_revision;
  update.definition_version = sampled.definition_version;
  update.algorithm_version = sampled.algorithm_version;
  update.sampler_draft = std::move(sampled.sampler_draft);
  return update;
}

// A new trial, or an enqueued one that is asked for the first time.
absl::Status StageSampled(const StudyPtr& study, LiveTrial trial, Trial* view, Batch* batch) REQUIRES(study->mutex()) {
  StagedStudy& staged = study->rooms().staged;
  const int64_t number = trial.record.number;
  trial.record.definition_version = staged.face().definition_version;
  bool moved = false;
  if (number == staged.trials().size()) {
    staged.Insert(std::move(trial), batch);
  } else {
    LiveTrial* live = staged.Find(number);
    moved = live->record.revision != trial.record.revision;  // attributes may have been set while it was sampled
    live->stored = std::move(trial.stored);
    staged.Change(StartOf(std::move(trial.record)), batch);
  }
  const storage::TrialRecord& record = staged.Find(number)->record;
  RenewLease(study, record);
  return Refresh(study, record, moved, view);
}

// What RecallAsk reads.
std::string Remember(const std::vector<Trial>& trials, int64_t now) {
  ResultWriter writer;
  writer.Int(now).Int(static_cast<int64_t>(trials.size()));
  for (const Trial& trial : trials) {
    writer.Int(trial.handle.number).Int(trial.handle.attempt).Int(static_cast<int64_t>(trial.params.size()));
    writer.Int(trial.revision).Int(trial.started_at);
  }
  return writer.Take();
}

// The trials as planned and sampled, in the order in which they are handed out. Made before the mutex is taken, since it takes
// its time; brought up to date under it.
absl::StatusOr<std::vector<Trial>> ViewsOf(const StudyPtr& study, const AskUnderWay& ask) {
  std::vector<Trial> views;
  for (const std::vector<LiveTrial>* part : {&ask.resumed, &ask.retries, &ask.sampled}) {
    for (const LiveTrial& trial : *part) {
      PARZEN_ASSIGN_OR_RETURN(Trial view, MakeTrial(study->identity(), trial.record, study->distributions()));
      views.push_back(std::move(view));
    }
  }
  return views;
}

// Appends what is handed out to `trials`.
absl::Status StageAll(const StudyPtr& study, AskUnderWay* ask, std::vector<Trial> views, Batch* batch, std::vector<Trial>* trials)
    REQUIRES(study->mutex()) {
  auto view = views.begin();
  const auto hand_out = [&](bool staged) {
    study->mutex()->AssertHeld();
    if (staged) {
      view->lease_deadline = WallDeadline(study, view->handle.number);
      trials->push_back(std::move(*view));
    }
    ++view;
  };
  for (const std::vector<LiveTrial>* part : {&ask->resumed, &ask->retries}) {
    for (const LiveTrial& trial : *part) {
      PARZEN_ASSIGN_OR_RETURN(const bool staged, StageKept(study, ask->command, trial.record, &*view, batch));
      hand_out(staged);
    }
  }
  for (LiveTrial& trial : ask->sampled) {
    PARZEN_RETURN_IF_ERROR(StageSampled(study, std::move(trial), &*view, batch));
    hand_out(true);
  }
  return absl::OkStatus();
}

// False, and nothing done: all that was to be handed out has been told or taken back meanwhile; plan again.
absl::StatusOr<bool> StageAsk(const StudyPtr& study, AskUnderWay* ask, Answers* now) {
  PARZEN_ASSIGN_OR_RETURN(std::vector<Trial> views, ViewsOf(study, *ask));
  const auto batch = std::make_shared<Batch>();
  if (!ask->sampled.empty()) KeepSamplerState(&study->learner(), batch.get());
  const auto answer = std::make_shared<AskAnswer>();
  batch->done.push_back([answer, done = ask->done, meter = study->context().meter, arrived = ask->command.arrived,
                         begun = ask->begun, staged = Clock::now()](const absl::Status& status) {
    if (!status.ok()) return done(status);
    if (meter != nullptr) meter->Asked(begun - arrived, staged - begun, Clock::now() - staged);
    done(std::move(*answer));
  });

  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  PARZEN_RETURN_IF_ERROR(StageAll(study, ask, std::move(views), batch.get(), &answer->trials));
  if (answer->trials.empty()) return false;
  std::string result;
  if (ask->command.request.id) result = Remember(answer->trials, study->Now());
  const int64_t first = answer->trials.front().handle.number;
  *now = study->Queue(batch, ask->command.request, std::move(result), first);
  return true;
}

// Samples as many as the strand's turn allows, then posts itself; the last turn ends the Ask.
void SampleAsk(const StudyPtr& study, const AskPtr& ask) {
  absl::Status status;
  {
    const MutexLock lock(study->mutex());
    status = study->Check();
  }
  if (!status.ok()) return ask->done(status);  // the engine has failed between two turns
  std::vector<LiveTrial>& sampled = ask->sampled;
  while (ask->ready < sampled.size()) {
    status = SampleTrial(study, *ask, &sampled[ask->ready]);
    if (!status.ok()) {
      if (ask->ready == 0 && ask->resumed.empty() && ask->retries.empty()) return ask->done(SampleError(study, status));
      sampled.resize(ask->ready);  // what was sampled before an error is handed out: the learner holds it as running
    } else if (++ask->ready < sampled.size() && study->strand()->TurnIsOver()) {
      return study->strand()->PostNext([study, ask] { SampleAsk(study, ask); });
    }
  }
  Answers now;
  const absl::StatusOr<bool> staged = StageAsk(study, ask.get(), &now);
  if (!staged.ok()) {
    study->Fail(staged.status());
    return ask->done(staged.status());
  }
  if (!*staged) return study->strand()->PostNext([study, ask] { RunAsk(study, ask->command, ask->done); });
  AnswerNow(now);
  if (study->learner().history().size() % 256 < ask->command.count) study->NoteMemory();
}

void RunAsk(const StudyPtr& study, const AskCommand& command, Done<AskAnswer> done) {
  const auto ask = std::make_shared<AskUnderWay>();
  ask->command = command;
  ask->done = std::move(done);
  Answers now;
  const absl::StatusOr<bool> planned = PlanAsk(study, ask.get(), &now);
  AnswerNow(now);
  if (!planned.ok()) return ask->done(planned.status());
  if (!*planned) return;
  study->learner().Learn(ask->ended);
  SampleAsk(study, ask);
}

// The first answer may have been lost long ago: whoever gets it now has a full period from now.
void RenewRepeated(const StudyPtr& study, std::span<Trial> trials) {
  const MutexLock lock(study->mutex());
  StagedStudy& staged = study->rooms().staged;
  for (Trial& trial : trials) {
    const int64_t number = trial.handle.number;
    if (!CheckRunning(staged, trial.handle, "trial").ok()) continue;
    RenewLease(study, staged.Find(number)->record);
    trial.lease_deadline = WallDeadline(study, number);
  }
}

// The record as it was when it was handed out, whatever has become of it.
storage::TrialRecord AsHandedOut(storage::TrialRecord record, const AskCommand& command, int64_t answered_at) {
  record.state = TrialState::kRunning;
  record.worker = command.worker;
  record.lease_micros = command.lease_micros.value_or(0);
  record.stop_requested = false;
  record.finished_at = record.told_at_revision = 0;
  record.failure = FailureKind::kNone;
  record.reason.clear();
  record.values.clear();
  record.constraints.clear();
  record.metrics.clear();
  std::erase_if(record.intermediates, [&](const storage::Intermediate& value) { return value.reported_at > answered_at; });
  return record;
}

absl::StatusOr<AskAnswer> RecallAsk(const StudyPtr& study, const AskCommand& command, std::string_view result) {
  ResultReader reader(result);
  const int64_t answered_at = reader.Int();
  AskAnswer answer;
  for (int64_t left = reader.Int(); left > 0 && reader.ok(); --left) {
    const int64_t number = reader.Int();
    absl::StatusOr<std::vector<storage::TrialRecord>> read =
        study->context().storage->ReadTrials(study->identity().uid, std::span(&number, 1), View::kFull);
    if (!read.ok()) return error::FromStorage(read.status());
    storage::TrialRecord record = AsHandedOut(std::move(read->front()), command, answered_at);
    record.attempt = static_cast<int32_t>(reader.Int());
    record.params.resize(std::min(record.params.size(), static_cast<size_t>(reader.Int())));
    record.revision = reader.Int();
    record.started_at = reader.Int();
    PARZEN_ASSIGN_OR_RETURN(Trial trial, MakeTrial(study->identity(), std::move(record), study->distributions()));
    answer.trials.push_back(std::move(trial));
  }
  if (!reader.ok()) return absl::DataLossError("the kept answer of an Ask cannot be read");
  RenewRepeated(study, answer.trials);
  return answer;
}

}  // namespace

void Ask(const StudyPtr& study, AskCommand command, Done<AskAnswer> done) {
  command.arrived = Clock::now();
  Once<AskCommand, AskAnswer>(study, std::move(command), std::move(done), OnStrand<AskCommand, AskAnswer, RunAsk>, RecallAsk);
}

}  // namespace parzen::engine::verbs
