// Ask: first the worker's own (resume), then those taken back, then enqueued ones, each by number, then new ones; in one
// transaction.
//
// While it samples, other threads may tell the worker's own trials and those taken back, or take trials back: what has changed
// since the plan was made is left out. Sampling many is cut into the strand's turns, so that other studies' calls go on; what is
// told between two of them is learned after the last, so that suggestions do not depend on the turns.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {

void StudyEngine::RunAsk(const AskCommand& command, Done<AskAnswer> done) {
  const auto ask = std::make_shared<AskUnderWay>();
  if (absl::Status status = PlanAsk(command, &ask->plan); !status.ok()) return done(status);
  Drain(ask->plan.deltas);
  ask->command = command;
  ask->done = std::move(done);
  ask->sampled = std::move(ask->plan.waiting);
  for (int64_t i = 0; i < ask->plan.fresh; ++i) {
    LiveTrial trial;
    trial.record.number = learner_->size() + i;
    ask->sampled.push_back(std::move(trial));
  }
  SampleAsk(ask);
}

void StudyEngine::SampleAsk(const std::shared_ptr<AskUnderWay>& ask) {
  absl::Status status;
  {
    const std::lock_guard lock(mutex_);
    status = Check();
  }
  if (!status.ok()) return ask->done(status);  // the engine has failed between two turns
  std::vector<LiveTrial>& sampled = ask->sampled;
  while (ask->ready < sampled.size()) {
    status = SampleTrial(ask->command, ask->plan.sampled_at, &sampled[ask->ready]);
    if (!status.ok()) {
      if (ask->ready == 0 && ask->plan.resumed.empty() && ask->plan.retries.empty()) return ask->done(SampleError(status));
      sampled.resize(ask->ready);  // what was sampled before an error is handed out: the learner holds it as running
    } else if (++ask->ready < sampled.size() && strand_->TurnIsOver()) {
      return strand_->PostNext([self = shared_from_this(), ask] { self->SampleAsk(ask); });
    }
  }
  const absl::StatusOr<bool> staged = StageAsk(ask.get());
  if (!staged.ok()) {
    Fail(staged.status());
    return ask->done(staged.status());
  }
  if (!*staged) return strand_->PostNext([self = shared_from_this(), ask] { self->RunAsk(ask->command, ask->done); });
  if (learner_->size() % 256 < ask->command.count) NoteMemory();
}

absl::Status StudyEngine::PlanAsk(const AskCommand& command, AskPlan* plan) {
  const std::lock_guard lock(mutex_);
  if (absl::Status status = Check(); !status.ok()) return status;
  if (face_.state == StudyState::kPaused) {
    return error::Precondition("STUDY_PAUSED",
                               "study \"" + identity_.name + "\" is paused; asks are refused until it is resumed");
  }
  if (face_.state == StudyState::kFinished) {
    return error::Precondition("STUDY_FINISHED", "study \"" + identity_.name + "\" is finished; it hands out no more trials");
  }
  auto left = static_cast<size_t>(command.count);
  if (command.resume) {
    for (const auto& [number, trial] : live_) {
      if (trial->record.state == TrialState::kRunning && trial->record.worker == command.worker) plan->resumed.push_back(*trial);
    }
    std::sort(plan->resumed.begin(), plan->resumed.end(),
              [](const LiveTrial& a, const LiveTrial& b) { return a.record.number < b.record.number; });
    if (plan->resumed.size() > left) plan->resumed.resize(left);
    left -= plan->resumed.size();
  }
  const auto take = [&](const std::set<int64_t>& numbers, std::vector<LiveTrial>* copies) {
    for (auto number = numbers.begin(); left > 0 && number != numbers.end(); ++number, --left) {
      copies->push_back(*live_.at(*number));
    }
  };
  take(retries_, &plan->retries);
  take(waiting_, &plan->waiting);
  plan->fresh = std::min(static_cast<int64_t>(left), Room());
  if (left == static_cast<size_t>(command.count) && plan->fresh == 0) {
    return error::Precondition(
        "ALL_HANDED_OUT", absl::StrCat("study \"", identity_.name, "\" has handed out all of its ", *face_.definition->max_trials,
                                       " trials (max_trials); some still run"));
  }
  plan->deltas.swap(deltas_);
  plan->sampled_at = revision_;
  return absl::OkStatus();
}

absl::Status StudyEngine::SampleTrial(const AskCommand& command, int64_t sampled_at, LiveTrial* trial) {
  storage::TrialRecord& record = trial->record;
  StoredDraft& stored = trial->stored;
  const StudyDefinition& definition = learner_->definition();
  if (definition.space.empty()) {
    absl::StatusOr<Draft> draft = learner_->Begin(record.number);
    if (!draft.ok()) return draft.status();
    stored.draft = *std::move(draft);
  } else {
    std::vector<NamedValue> fixed;
    for (const storage::ParamRecord& param : record.params) fixed.push_back({param.name, param.value});
    absl::StatusOr<Suggestion> suggestion = learner_->Sample(record.number, std::move(fixed));
    if (!suggestion.ok()) return suggestion.status();
    record.params.clear();
    for (size_t i = 0; i < definition.space.size(); ++i) {
      if (std::isnan(suggestion->point[i])) continue;
      const Parameter& parameter = definition.space[i];
      record.params.push_back(MakeParam(parameter.name, parameter.distribution, declared_texts_[i], suggestion->point[i]));
    }
    std::erase_if(stored.fixed, [&](const std::string& name) {
      return std::none_of(record.params.begin(), record.params.end(), [&](const auto& param) { return param.name == name; });
    });
    stored.draft = std::move(suggestion->draft);
  }
  record.state = TrialState::kRunning;
  record.worker = command.worker;
  record.principal = command.principal;
  record.lease_micros = command.lease_micros.value_or(0);
  record.started_at = Now();
  if (record.created_at == 0) record.created_at = record.started_at;
  record.sampled_at_revision = sampled_at;
  record.algorithm_version = definition.sampler.algorithm_version;
  record.sampler_draft = StoredDraftToJson(stored);
  return absl::OkStatus();
}

absl::Status StudyEngine::SampleError(const absl::Status& status) const {
  if (!absl::IsFailedPrecondition(status)) return status;
  return error::Precondition(
      "SPACE_EXHAUSTED",
      absl::StrCat("study \"", identity_.name, "\" has handed out all ", *learner_->definition().space.FiniteSize(),
                   " points of its space; allow_repeats or a wider space (UpdateStudy) lets it go on"));
}

absl::StatusOr<bool> StudyEngine::StageAsk(AskUnderWay* ask) {
  const AskCommand& command = ask->command;
  AskPlan& plan = ask->plan;
  std::vector<LiveTrial>& sampled = ask->sampled;
  std::vector<Trial> views;
  for (const std::vector<LiveTrial>* part : {&plan.resumed, &plan.retries, &sampled}) {
    for (const LiveTrial& trial : *part) {
      absl::StatusOr<Trial> view = ToTrial(trial.record);
      if (!view.ok()) return view.status();
      views.push_back(*std::move(view));
    }
  }
  auto batch = std::make_shared<Batch>();
  if (!sampled.empty()) KeepSamplerState(batch.get());
  const auto answer = std::make_shared<AskAnswer>();
  batch->done.push_back([answer, done = ask->done, meter = context_.meter, arrived = command.arrived, begun = plan.begun,
                         staged = std::chrono::steady_clock::now()](const absl::Status& status) {
    if (!status.ok()) return done(status);
    if (meter != nullptr) meter->Asked(begun - arrived, staged - begun, std::chrono::steady_clock::now() - staged);
    done(std::move(*answer));
  });

  std::unique_lock lock(mutex_);
  if (absl::Status status = Check(); !status.ok()) return status;
  auto view = views.begin();
  const auto hand_out = [&](bool staged) {
    if (staged) {
      view->lease_micros = command.lease_micros.value_or(0);
      view->lease_deadline = WallDeadline(view->handle.number);
      answer->trials.push_back(std::move(*view));
    }
    ++view;
  };
  for (const LiveTrial& trial : plan.resumed) hand_out(StageResumed(command, trial.record, &*view, batch.get()));
  for (const LiveTrial& trial : plan.retries) hand_out(StageRetry(command, trial.record, &*view, batch.get()));
  for (LiveTrial& trial : sampled) {
    StageSampled(std::move(trial), &*view, batch.get());
    hand_out(true);
  }
  if (answer->trials.empty()) return false;
  std::string result;
  if (command.request.id) {
    ResultWriter writer;
    writer.Int(Now()).Int(static_cast<int64_t>(answer->trials.size()));
    for (const Trial& trial : answer->trials) {
      writer.Int(trial.handle.number).Int(trial.handle.attempt).Int(static_cast<int64_t>(trial.params.size()));
      writer.Int(trial.revision).Int(trial.started_at);
    }
    result = writer.Take();
  }
  const int64_t first = answer->trials.front().handle.number;
  QueueAndRelease(std::move(lock), std::move(batch), command.request, std::move(result), first);
  return true;
}

// A trial that its worker has and wants again, as it is but for the lease. False where it has lost it since it was planned.
bool StudyEngine::StageResumed(const AskCommand& command, const storage::TrialRecord& planned, Trial* view, Batch* batch) {
  LiveTrial* live = FindLive(planned.number);
  if (live == nullptr || live->record.state != TrialState::kRunning || live->record.attempt != planned.attempt) return false;
  storage::TrialRecord& record = live->record;
  const int64_t lease_micros = command.lease_micros.value_or(0);
  if (record.lease_micros != lease_micros) {
    record.lease_micros = lease_micros;
    storage::UpdateTrial update;
    update.number = record.number;
    update.revision = record.revision = view->revision = StageRevision(record.number, record.state, batch);
    update.lease_micros = lease_micros;
    batch->changes.emplace_back(std::move(update));
  }
  RenewLease(record);
  return true;
}

// A trial that was taken back. False where a late result has ended it since it was planned.
bool StudyEngine::StageRetry(const AskCommand& command, const storage::TrialRecord& planned, Trial* view, Batch* batch) {
  LiveTrial* live = FindLive(planned.number);
  if (live == nullptr || live->record.state != TrialState::kWaiting || live->record.attempt != planned.attempt) return false;
  storage::TrialRecord& record = live->record;
  storage::UpdateTrial update;
  update.number = record.number;
  update.state = record.state = view->state = TrialState::kRunning;
  StageState(record.number, record.state);
  update.worker = record.worker = view->worker = command.worker;
  update.principal = record.principal = command.principal;
  update.started_at = record.started_at = view->started_at = Now();
  update.lease_micros = record.lease_micros = command.lease_micros.value_or(0);
  update.revision = record.revision = view->revision = StageRevision(record.number, record.state, batch);
  batch->changes.emplace_back(std::move(update));
  RenewLease(record);
  return true;
}

// A new trial, or an enqueued one that is asked for the first time.
void StudyEngine::StageSampled(LiveTrial trial, Trial* view, Batch* batch) {
  const int64_t number = trial.record.number;
  trial.record.definition_version = view->definition_version = face_.definition_version;
  if (number == Size()) {
    StageInsert(std::move(trial), batch);
  } else {
    storage::TrialRecord& record = trial.record;
    StageState(number, TrialState::kRunning);
    record.revision = StageRevision(number, TrialState::kRunning, batch);
    storage::UpdateTrial update;
    update.number = number;
    update.revision = record.revision;
    update.state = record.state;
    update.params = record.params;
    update.worker = record.worker;
    update.principal = record.principal;
    update.lease_micros = record.lease_micros;
    update.started_at = record.started_at;
    update.sampled_at_revision = record.sampled_at_revision;
    update.definition_version = record.definition_version;
    update.algorithm_version = record.algorithm_version;
    update.sampler_draft = record.sampler_draft;
    batch->changes.emplace_back(std::move(update));
    LiveTrial& live = *live_.at(number);
    record.user_attrs = std::move(live.record.user_attrs);  // may have been set while it was sampled
    record.system_attrs = std::move(live.record.system_attrs);
    live = std::move(trial);
  }
  view->revision = revision_;
  RenewLease(live_.at(number)->record);
}

absl::StatusOr<AskAnswer> StudyEngine::RecallAsk(const AskCommand& command, std::string_view result) {
  ResultReader reader(result);
  const int64_t answered_at = reader.Int();
  AskAnswer answer;
  for (int64_t left = reader.Int(); left > 0 && reader.ok(); --left) {
    const int64_t number = reader.Int();
    absl::StatusOr<std::vector<storage::TrialRecord>> read =
        context_.storage->ReadTrials(uid(), std::span(&number, 1), View::kFull);
    if (!read.ok()) return error::FromStorage(read.status());
    // As it was when it was handed out, whatever has become of it.
    storage::TrialRecord record = std::move(read->front());
    record.state = TrialState::kRunning;
    record.attempt = static_cast<int32_t>(reader.Int());
    record.params.resize(std::min(record.params.size(), static_cast<size_t>(reader.Int())));
    record.revision = reader.Int();
    record.started_at = reader.Int();
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
    absl::StatusOr<Trial> trial = ToTrial(std::move(record));
    if (!trial.ok()) return trial.status();
    answer.trials.push_back(*std::move(trial));
  }
  if (!reader.ok()) return absl::DataLossError("the kept answer of an Ask cannot be read");
  RenewRepeated(answer.trials);
  return answer;
}

// The first answer may have been lost long ago: whoever gets it now has a full period from now.
void StudyEngine::RenewRepeated(std::span<Trial> trials) {
  const std::lock_guard lock(mutex_);
  for (Trial& trial : trials) {
    const int64_t number = trial.handle.number;
    if (!CheckRunning(trial.handle, "trial").ok()) continue;
    RenewLease(FindLive(number)->record);
    trial.lease_deadline = WallDeadline(number);
  }
}

}  // namespace parzen::engine
