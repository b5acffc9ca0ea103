// GetImportances: how much each parameter mattered, by PED-ANOVA over the history in memory.
//
// The strand copies what is judged, a few milliseconds for 100,000 trials, and a reader thread computes. The history may be ahead
// of the storage: nothing is answered before all that was copied is durable.

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "sampler/importance/ped_anova.h"
#include "server/engine/study/guest_sampling.h"
#include "server/engine/study/verbs/verbs.h"
#include "server/error/error.h"

namespace parzen::engine::verbs {
namespace {

using importance::JudgedTrials;

GetImportancesAnswer AnswerFrom(const JudgedTrials& trials) {
  importance::Importances importances = importance::PedAnova(trials);
  GetImportancesAnswer answer;
  answer.shares = std::move(importances.shares);
  answer.note = std::string(importances.note);
  answer.complete = trials.complete;
  answer.used = static_cast<int64_t>(trials.losses.size());
  return answer;
}

absl::Status CheckObjective(const std::optional<int64_t>& objective, size_t objectives) {
  if (!objective || (*objective >= 0 && *objective < static_cast<int64_t>(objectives))) return absl::OkStatus();
  const std::string accepted = objectives == 1 ? "0" : absl::StrCat("0 to ", objectives - 1);
  return error::BadField(
      "objective", absl::StrCat("is ", *objective, "; the study has ", objectives, objectives == 1 ? " objective" : " objectives",
                                ": ", accepted, " is accepted"));
}

// On the strand.
absl::StatusOr<std::shared_ptr<const JudgedTrials>> Copy(const StudyPtr& study, const GetImportancesCommand& command) {
  PARZEN_RETURN_IF_ERROR(LearnEnded(study));
  const History& history = study->learner().history();
  PARZEN_RETURN_IF_ERROR(CheckObjective(command.objective, history.directions().size()));
  const auto objective = command.objective ? std::optional<size_t>(*command.objective) : std::nullopt;
  return std::make_shared<const JudgedTrials>(importance::Judge(history, objective));
}

void AnswerImportances(const StudyPtr& study, const GetImportancesCommand& command, Done<GetImportancesAnswer> done) {
  const absl::StatusOr<std::shared_ptr<const JudgedTrials>> trials = Copy(study, command);
  if (!trials.ok()) return done(trials.status());
  auto batch = std::make_shared<Batch>();
  batch->done.push_back([study, done, trials = *trials](const absl::Status& durable) {
    if (!durable.ok()) return done(durable);
    study->context().readers->Post([done, trials] { done(AnswerFrom(*trials)); });
  });
  Answers now;
  absl::Status status;
  {
    const MutexLock lock(study->mutex());
    status = study->Check();
    if (status.ok()) now = study->Queue(std::move(batch), {}, "", -1);
  }
  if (!status.ok()) return done(status);
  AnswerNow(now);
}

}  // namespace

void GetImportances(const StudyPtr& study, GetImportancesCommand command, Done<GetImportancesAnswer> done) {
  study->strand()->Post(
      [study, command = std::move(command), done = std::move(done)] { AnswerImportances(study, command, done); });
}

}  // namespace parzen::engine::verbs
