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
#include "server/engine/study/learned_outcome.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {
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

}  // namespace

absl::Status StudyEngine::Replay(const storage::TrialRecord& trial, int64_t size, Learner* learner) {
  for (int64_t begin = 0; begin < size; begin += kChunk) {
    std::vector<int64_t> numbers;
    for (int64_t number = begin; number < std::min(size, begin + kChunk); ++number) numbers.push_back(number);
    const absl::StatusOr<std::vector<storage::TrialRecord>> records =
        context_.storage->ReadTrials(uid(), numbers, storage::View::kFull);
    if (!records.ok()) return error::FromStorage(records.status());
    for (const storage::TrialRecord& record : *records) {
      const Was was = record.number == trial.number ? Was::kWaiting : StateThen(trial, record);
      if (was == Was::kAbsent) return absl::OkStatus();  // those after it were not there either
      if (absl::Status status = ReplayRow(record, was == Was::kWaiting, was == Was::kEnded, learner); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status StudyEngine::ReplayRow(const storage::TrialRecord& record, bool waiting, bool ended, Learner* learner) {
  absl::StatusOr<StoredDraft> stored = StoredDraftFromJson(record.sampler_draft, record.number);
  if (!stored.ok()) return stored.status();
  std::vector<std::shared_ptr<const Distribution>> distributions;
  std::vector<LearnedParam> params;
  for (const storage::ParamRecord& param : record.params) {
    const bool fixed = std::find(stored->fixed.begin(), stored->fixed.end(), param.name) != stored->fixed.end();
    if (waiting && !fixed) continue;
    const auto distribution = distributions_.Find(param.distribution);
    if (!distribution.ok()) return distribution.status();
    distributions.push_back(*distribution);
    params.push_back({param.name, distributions.back().get(), param.value});
  }
  if (waiting || !ended) {
    learner->AddRow(waiting ? RowState::kWaiting : RowState::kRunning, params, nullptr);
    if (!waiting) learner->SetRelative(record.number, std::move(stored->draft.relative));
    return absl::OkStatus();
  }
  const storage::Intermediate* last = record.intermediates.empty() ? nullptr : &record.intermediates.back();
  const Outcome outcome = LearnedOutcome(record.state, record.failure, record.values, record.constraints, last);
  learner->AddRow(outcome.state, params, &outcome);
  return absl::OkStatus();
}

absl::StatusOr<ExplainTrialAnswer> StudyEngine::Explain(int64_t number, int64_t size,
                                                        const std::shared_ptr<const StudyDefinition>& definition,
                                                        int32_t definition_version) {
  absl::StatusOr<std::vector<storage::TrialRecord>> read =
      context_.storage->ReadTrials(uid(), std::span(&number, 1), storage::View::kFull);
  if (!read.ok()) return error::FromStorage(read.status());
  const storage::TrialRecord& record = read->front();
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
  absl::StatusOr<StoredDraft> stored = StoredDraftFromJson(record.sampler_draft, number);
  if (!stored.ok()) return stored.status();
  absl::StatusOr<std::unique_ptr<Learner>> learner = Learner::Create(definition);
  if (!learner.ok()) return learner.status();
  (*learner)->AdvanceStreams(stored->draft.before);
  if (absl::Status status = Replay(record, record.enqueued ? size : number, learner->get()); !status.ok()) return status;

  std::vector<NamedValue> fixed;
  ExplainTrialAnswer answer;
  for (const storage::ParamRecord& param : record.params) {
    const auto distribution = distributions_.Find(param.distribution);
    if (!distribution.ok()) return distribution.status();
    answer.distributions.emplace_back(param.name, *distribution);
    if (std::find(stored->fixed.begin(), stored->fixed.end(), param.name) != stored->fixed.end()) {
      fixed.push_back({param.name, param.value});
    }
  }
  for (const Parameter& parameter : definition->space.parameters()) {
    const auto is_it = [&](const auto& entry) { return entry.first == parameter.name; };
    if (std::any_of(answer.distributions.begin(), answer.distributions.end(), is_it)) continue;
    answer.distributions.emplace_back(parameter.name, std::make_shared<const Distribution>(parameter.distribution));
  }
  absl::StatusOr<Explanation> explanation = (*learner)->Explain(number, fixed, stored->draft.before);
  if (!explanation.ok()) return error::AsBadField(explanation.status(), "number");
  answer.explanation = *std::move(explanation);
  if (absl::Status status = CheckReplay(record, std::move(fixed), learner->get()); !status.ok()) return status;
  absl::StatusOr<Trial> trial = ToTrial(record);
  if (!trial.ok()) return trial.status();
  answer.trial = *std::move(trial);
  return answer;
}

// An explanation is shown only where sampling again, from the same history, gives the trial's parameters again. A sampler that
// keeps fitted state may have had another one then; its explanation is shown as it is.
absl::Status StudyEngine::CheckReplay(const storage::TrialRecord& record, std::vector<NamedValue> fixed, Learner* learner) const {
  if (!learner->TakeState().empty()) return absl::OkStatus();
  const absl::StatusOr<Suggestion> suggestion = learner->Sample(record.number, std::move(fixed));
  if (!suggestion.ok()) return suggestion.status();
  const SearchSpace& space = learner->definition().space;
  size_t active = 0;
  for (size_t i = 0; i < space.size(); ++i) {
    if (std::isnan(suggestion->point[i])) continue;
    ++active;
    const auto is_it = [&](const storage::ParamRecord& param) {
      return param.name == space[i].name && param.value == suggestion->point[i];
    };
    if (std::any_of(record.params.begin(), record.params.end(), is_it)) continue;
    return absl::InternalError(
        absl::StrCat("trial ", record.number, ": replaying its suggestion gives another \"", space[i].name, "\""));
  }
  if (active == record.params.size()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("trial ", record.number, ": replaying its suggestion gives other parameters"));
}

void StudyEngine::ExplainTrial(ExplainTrialCommand command, Done<ExplainTrialAnswer> done) {
  absl::Status status;
  std::shared_ptr<const Face> face;
  int64_t size = 0;
  {
    const std::lock_guard lock(mutex_);
    status = CheckVisible(command.number);
    face = committed_;
    for (size = Size(); size > 0 && index_[size - 1].committed == 0;) --size;
  }
  if (status.ok() && face->definition->space.empty()) {
    status = error::NotImplemented(
        "ExplainTrial of define-by-run studies",
        "ExplainTrial: define-by-run studies are not explained in this version; their parameters are sampled one by one");
  }
  if (!status.ok()) return done(status);
  context_.readers->Post([self = shared_from_this(), number = command.number, size, face, done = std::move(done)] {
    done(self->Explain(number, size, face->definition, face->definition_version));
  });
}

}  // namespace parzen::engine
