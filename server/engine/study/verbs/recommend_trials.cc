// RecommendTrials: the trial whose noiseless value a model expects to be best, or the front of several objectives.
//
// The model learns from what is durable, read back from storage: the sampling strand goes on with asks meanwhile.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "sampler/gp/recommend.h"
#include "server/engine/study/learned_outcome.h"
#include "server/engine/study/learner.h"
#include "server/engine/study/pages.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine::verbs {
namespace {

// Of the token, so that it is no other verb's.
constexpr uint64_t kQueryKind = uint64_t{1} << 51;
constexpr int64_t kRecordsAtOnce = 500;

struct Question {
  RecommendTrialsCommand command;
  std::shared_ptr<const Face> face;
  int64_t size = 0;  // trials that readers see
  Page page;
  uint64_t query = 0;
};

// A trial that has not ended is a row that teaches nothing.
absl::Status LearnRecord(const StudyPtr& study, const storage::TrialRecord& record, Learner* learner) {
  const bool ended = record.state != TrialState::kWaiting && record.state != TrialState::kRunning;
  if (!ended) {
    learner->AddRow(RowState::kWaiting, {}, nullptr);
    return absl::OkStatus();
  }
  std::vector<std::shared_ptr<const Distribution>> distributions;
  std::vector<LearnedParam> params;
  for (const storage::ParamRecord& param : record.params) {
    PARZEN_ASSIGN_OR_RETURN(const auto distribution, study->distributions()->Find(param.distribution));
    distributions.push_back(distribution);
    params.push_back({param.name, distributions.back().get(), param.value});
  }
  const storage::Intermediate* last = record.intermediates.empty() ? nullptr : &record.intermediates.back();
  const Outcome outcome = LearnedOutcome(record.state, record.failure, record.values, record.constraints, last);
  learner->AddRow(outcome.state, params, &outcome);
  return absl::OkStatus();
}

absl::StatusOr<gp::Recommendation> RecommendFrom(const StudyPtr& study, const Question& question) {
  PARZEN_ASSIGN_OR_RETURN(const std::unique_ptr<Learner> learner, Learner::Create(question.face->definition));
  for (int64_t begin = 0; begin < question.size; begin += kRecordsAtOnce) {
    std::vector<int64_t> numbers;
    for (int64_t number = begin; number < std::min(question.size, begin + kRecordsAtOnce); ++number) numbers.push_back(number);
    const absl::StatusOr<std::vector<storage::TrialRecord>> records =
        study->context().storage->ReadTrials(study->identity().uid, numbers, storage::View::kFull);
    if (!records.ok()) return error::FromStorage(records.status());
    for (const storage::TrialRecord& record : *records) PARZEN_RETURN_IF_ERROR(LearnRecord(study, record, learner.get()));
  }
  return gp::Recommend(learner->history(), question.face->definition->DeclaredSpace());
}

// On a reader thread.
absl::StatusOr<RecommendTrialsAnswer> Answer(const StudyPtr& study, const Question& question) {
  PARZEN_ASSIGN_OR_RETURN(gp::Recommendation recommendation, RecommendFrom(study, question));
  if (recommendation.trials.empty()) {
    return error::NoSuchTrial(absl::StrCat("study \"", study->identity().name, "\" has no complete and feasible trial yet"));
  }
  std::vector<RevisionLog::Entry> entries;
  std::erase_if(recommendation.trials, [&](const gp::RecommendedTrial& trial) { return trial.number <= question.page.after; });
  for (const gp::RecommendedTrial& trial : recommendation.trials) entries.push_back({0, trial.number});
  RecommendTrialsAnswer answer;
  answer.by = recommendation.by;
  const size_t wanted = std::min(entries.size(), static_cast<size_t>(question.command.page_size));
  const absl::StatusOr<size_t> read =
      ReadEntries(study, std::span(entries).first(wanted), {}, question.command.view, kPageBytes, &answer.trials);
  if (!read.ok()) return read.status();
  if (*read < entries.size()) {
    answer.next_page_token = PageToken(study->identity(), {entries[*read - 1].number, 0}, question.query);
  }
  for (const Trial& trial : answer.trials) {
    const auto expected = std::find_if(recommendation.trials.begin(), recommendation.trials.end(),
                                       [&](const gp::RecommendedTrial& r) { return r.number == trial.handle.number; });
    answer.expected.push_back(std::move(*expected));
  }
  return answer;
}

}  // namespace

void RecommendTrials(const StudyPtr& study, RecommendTrialsCommand command, Done<RecommendTrialsAnswer> done) {
  Question question{.command = std::move(command), .face = nullptr, .size = 0, .page = {-1, 0}, .query = 0};
  question.query = kQueryKind | static_cast<uint64_t>(question.command.view);
  absl::Status status = ParsePageToken(study->identity(), question.command.page_token, question.query, &question.page);
  if (status.ok()) {
    const MutexLock lock(study->mutex());
    status = study->Check();
    question.face = study->rooms().durable.face();
    question.size = study->rooms().durable.size();
  }
  if (!status.ok()) return done(status);
  study->context().readers->Post(
      [study, question = std::move(question), done = std::move(done)] { done(Answer(study, question)); });
}

}  // namespace parzen::engine::verbs
