// Enqueue: a trial whose given parameters are fixed. It has its number at once; the rest is sampled when it is asked for.

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/engine/study/given_params.h"
#include "server/engine/study/once.h"
#include "server/engine/study/result_bytes.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine::verbs {
namespace {

absl::Status ResolveGiven(const StudyPtr& study, const EnqueueCommand& command, LiveTrial* trial) {
  const Learner& learner = study->learner();
  if (!learner.definition().space.empty()) {
    PARZEN_RETURN_IF_ERROR(ResolveDeclared(learner, study->identity().name, "params", command.params, &trial->record));
    for (const storage::ParamRecord& param : trial->record.params) trial->stored.fixed.push_back(param.name);
    return absl::OkStatus();
  }
  for (const GivenParam& param : command.params) {
    if (param.name.empty() || param.name.size() > kMaxNameBytes)
      return error::BadField("params.name", "1 to 256 bytes are accepted");
    const auto same = std::find(trial->stored.fixed.begin(), trial->stored.fixed.end(), param.name);
    if (same != trial->stored.fixed.end()) return error::BadField("params", "\"" + param.name + "\" is there twice");
    if (param.distribution) {
      if (absl::Status status = ValidateDistribution(param.name, *param.distribution); !status.ok()) {
        return error::AsBadField(status, "params.distribution");
      }
      const absl::StatusOr<double> value = ToInternal(param.name, *param.distribution, param.value);
      if (!value.ok()) return error::AsBadField(value.status(), "params");
    }
    trial->stored.fixed.push_back(param.name);
    trial->stored.given.emplace_back(param.name, param.value);
  }
  return absl::OkStatus();
}

absl::Status CheckRoom(const StagedStudy& staged) {
  if (staged.face().state == StudyState::kFinished) {
    return error::Precondition("STUDY_FINISHED", "study \"" + staged.name() + "\" is finished; it takes no more trials");
  }
  if (staged.Room() > 0) return absl::OkStatus();
  return error::Precondition("ALL_HANDED_OUT", absl::StrCat("study \"", staged.name(), "\" has all of its ",
                                                            *staged.face().definition->max_trials, " trials (max_trials)"));
}

// What RecallEnqueue reads.
std::string Remember(const storage::TrialRecord& record, int64_t revision) {
  ResultWriter result;
  result.Int(record.number).Int(revision).Int(record.created_at).Int(static_cast<int64_t>(record.params.size()));
  for (const storage::ParamRecord& param : record.params) {
    result.Text(param.name).Int(std::bit_cast<int64_t>(param.value)).Text(param.distribution);
  }
  return result.Take();
}

absl::Status StageEnqueue(const StudyPtr& study, const EnqueueCommand& command, const LiveTrial& trial, Trial view,
                          Done<Trial> done, Answers* now) {
  const auto batch = std::make_shared<Batch>();
  const MutexLock lock(study->mutex());
  PARZEN_RETURN_IF_ERROR(study->Check());
  StagedStudy& staged = study->rooms().staged;
  PARZEN_RETURN_IF_ERROR(CheckRoom(staged));
  staged.Insert(trial, batch.get());
  view.revision = staged.revision();
  batch->done.push_back(AnswerWith(std::move(view), std::move(done)));
  const int64_t number = trial.record.number;
  *now = study->Queue(batch, command.request, Remember(trial.record, staged.revision()), number);
  return absl::OkStatus();
}

void RunEnqueue(const StudyPtr& study, const EnqueueCommand& command, Done<Trial> done) {
  Learner& learner = study->learner();
  LiveTrial trial;
  storage::TrialRecord& record = trial.record;
  if (absl::Status status = ResolveGiven(study, command, &trial); !status.ok()) return done(status);
  record.number = learner.history().size();
  record.state = TrialState::kWaiting;
  record.created_at = study->Now();
  record.enqueued = true;
  record.user_attrs = command.user_attrs;
  record.sampler_draft = StoredDraftToJson(trial.stored);
  absl::StatusOr<Trial> view = MakeTrial(study->identity(), record, study->distributions());
  if (!view.ok()) return done(view.status());
  Answers now;
  absl::Status status = StageEnqueue(study, command, trial, *std::move(view), done, &now);
  if (!status.ok()) return done(status);
  AnswerNow(now);

  std::vector<LearnedParam> learned;
  for (const storage::ParamRecord& param : record.params) learned.push_back({param.name, nullptr, param.value});
  learner.AddRow(RowState::kWaiting, learned, nullptr);
}

absl::StatusOr<Trial> RecallEnqueue(const StudyPtr& study, const EnqueueCommand& command, std::string_view result) {
  ResultReader reader(result);
  // As it was before it was asked for.
  storage::TrialRecord record;
  StoredDraft stored;
  record.number = reader.Int();
  record.revision = reader.Int();
  record.created_at = reader.Int();
  record.enqueued = true;
  record.user_attrs = command.user_attrs;
  for (int64_t left = reader.Int(); left > 0 && reader.ok(); --left) {
    storage::ParamRecord param;
    param.name = reader.Text();
    param.value = std::bit_cast<double>(reader.Int());
    param.distribution = reader.Text();
    stored.fixed.push_back(param.name);
    record.params.push_back(std::move(param));
  }
  if (!reader.ok()) return absl::DataLossError("the kept answer of an Enqueue cannot be read");
  if (record.params.empty()) {
    for (const GivenParam& given : command.params) {
      stored.fixed.push_back(given.name);
      stored.given.emplace_back(given.name, given.value);
    }
  }
  record.sampler_draft = StoredDraftToJson(stored);
  return MakeTrial(study->identity(), std::move(record), study->distributions());
}

}  // namespace

void Enqueue(const StudyPtr& study, EnqueueCommand command, Done<Trial> done) {
  Once<EnqueueCommand, Trial>(study, std::move(command), std::move(done), OnStrand<EnqueueCommand, Trial, RunEnqueue>,
                              RecallEnqueue);
}

}  // namespace parzen::engine::verbs
