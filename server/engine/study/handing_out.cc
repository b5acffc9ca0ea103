#include "server/engine/study/handing_out.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/error/error.h"

namespace parzen::engine {
namespace {

// Which limit has finished a study, for people; empty where none has.
std::string FinishWords(const StagedStudy& staged) {
  const StudyDefinition& definition = *staged.face().definition;
  const std::string reason = FinishReasonOf(staged.face().system_attrs);
  if (reason == "max_trials")
    return absl::StrCat("all of its ", definition.max_trials.value_or(0), " trials have ended (max_trials)");
  if (reason == "max_duration")
    return absl::StrCat("its ", definition.max_duration.value_or(0), " seconds are over (max_duration)");
  if (reason == "target") return "its target has been reached (target)";
  if (reason == "patience") {
    return absl::StrCat(definition.patience.value_or(0), " complete trials brought nothing better (patience)");
  }
  return "";  // by a call
}

}  // namespace

absl::Status CheckHandsOut(const StagedStudy& staged) {
  const std::string study = "study \"" + staged.name() + "\"";
  if (staged.face().state == StudyState::kPaused) {
    return error::Precondition("STUDY_PAUSED", study + " is paused; asks are refused until it is resumed");
  }
  if (staged.face().state == StudyState::kFinished) {
    const std::string words = FinishWords(staged);
    return error::MakeError(absl::StatusCode::kFailedPrecondition,
                            study + " is finished" + (words.empty() ? "" : ": " + words) + "; it hands out no more trials",
                            {"STUDY_FINISHED", {{"finish_reason", FinishReasonOf(staged.face().system_attrs)}}});
  }
  return absl::OkStatus();
}

bool FinishIfDue(const StudyPtr& study, std::function<void(const absl::Status&)> refuse, Answers* now) {
  StagedStudy& staged = study->rooms().staged;
  const auto batch = std::make_shared<Batch>();
  staged.FinishIfDue(study->Now(), batch.get());
  if (batch->changes.empty()) return false;
  batch->done.push_back([refuse = std::move(refuse), refusal = CheckHandsOut(staged)](const absl::Status& committed) {
    refuse(committed.ok() ? refusal : committed);
  });
  *now = study->Queue(batch, {}, "", -1);
  return true;
}

}  // namespace parzen::engine
