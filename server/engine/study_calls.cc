#include "server/engine/study_calls.h"

#include <variant>

#include "server/engine/study/verbs/verbs.h"
#include "server/engine/validation.h"
#include "server/error/error.h"

namespace parzen::engine {

template <typename Command, typename Answer>
void StudyCalls::ByName(Command command, Done<Answer> done, Verb<Command, Answer> verb) {
  done = Admit(std::move(done));
  if (done == nullptr) return;
  if (absl::Status status = Validate(command); !status.ok()) return done(status);
  std::string name = command.study;
  studies_.WithName(std::move(name),
                    [verb, command = std::move(command), done = std::move(done)](absl::StatusOr<StudyPtr> study) {
                      if (!study.ok()) return done(study.status());
                      if (absl::Status meant = CheckUid(command, *study); !meant.ok()) return done(meant);
                      verb(*study, command, done);
                    });
}

template <typename Command, typename Answer>
void StudyCalls::ByHandle(const TrialHandle& trial, Command command, Done<Answer> done, Verb<Command, Answer> verb) {
  const uint64_t uid = trial.study_uid;
  done = Admit(std::move(done));
  if (done == nullptr) return;
  if (absl::Status status = Validate(command); !status.ok()) return done(status);
  studies_.WithUid(uid, [verb, command = std::move(command), done = std::move(done)](absl::StatusOr<StudyPtr> study) {
    if (!study.ok()) return done(study.status());
    verb(*study, command, done);
  });
}

void StudyCalls::UpdateStudy(UpdateStudyCommand command, Done<Study> done) {
  ByName(std::move(command), std::move(done), &verbs::UpdateStudy);
}

void StudyCalls::Ask(AskCommand command, Done<AskAnswer> done) {
  if (asks_refused_.load()) return done(error::ShuttingDown());
  ByName(std::move(command), std::move(done), &verbs::Ask);
}

void StudyCalls::Tell(TellCommand command, Done<TellAnswer> done) {
  const TrialHandle trial = command.outcomes.empty() ? TrialHandle() : command.outcomes.front().trial;
  ByHandle(trial, std::move(command), std::move(done), &verbs::Tell);
}

void StudyCalls::Report(ReportCommand command, Done<ReportAnswer> done) {
  const TrialHandle trial = command.reports.empty() ? TrialHandle() : command.reports.front().trial;
  ByHandle(trial, std::move(command), std::move(done), &verbs::Report);
}

void StudyCalls::StopTrial(StopTrialCommand command, std::function<void(absl::Status)> done) {
  const TrialHandle trial = command.trial;
  ByHandle<StopTrialCommand, std::monostate>(
      trial, std::move(command),
      [done = std::move(done)](const absl::StatusOr<std::monostate>& answer) { done(answer.status()); }, &verbs::StopTrial);
}

void StudyCalls::Enqueue(EnqueueCommand command, Done<Trial> done) {
  ByName(std::move(command), std::move(done), &verbs::Enqueue);
}

void StudyCalls::AddTrials(AddTrialsCommand command, Done<AddTrialsAnswer> done) {
  ByName(std::move(command), std::move(done), &verbs::AddTrials);
}

void StudyCalls::Suggest(SuggestCommand command, Done<SuggestAnswer> done) {
  const TrialHandle trial = command.trial;
  ByHandle(trial, std::move(command), std::move(done), &verbs::Suggest);
}

void StudyCalls::UpdateTrial(UpdateTrialCommand command, Done<Trial> done) {
  const TrialHandle trial = command.trial;
  ByHandle(trial, std::move(command), std::move(done), &verbs::UpdateTrial);
}

void StudyCalls::BeginTrial(BeginTrialCommand command, Done<BeginTrialAnswer> done) {
  if (asks_refused_.load()) return done(error::ShuttingDown());
  const TrialHandle any{command.study_uid, 0, 0};
  ByHandle(any, std::move(command), std::move(done), &verbs::BeginTrial);
}

void StudyCalls::SetParameter(SetParameterCommand command, Done<std::monostate> done) {
  const TrialHandle trial{command.trial.study_uid, command.trial.number, 0};
  ByHandle(trial, std::move(command), std::move(done), &verbs::SetParameter);
}

void StudyCalls::SetTrialState(SetTrialStateCommand command, Done<bool> done) {
  const TrialHandle trial{command.trial.study_uid, command.trial.number, 0};
  ByHandle(trial, std::move(command), std::move(done), &verbs::SetTrialState);
}

void StudyCalls::AmendTrial(AmendTrialCommand command, Done<std::monostate> done) {
  const TrialHandle trial{command.trial.study_uid, command.trial.number, 0};
  ByHandle(trial, std::move(command), std::move(done), &verbs::AmendTrial);
}

void StudyCalls::AdvanceTrial(AdvanceTrialCommand command, Done<AdvanceTrialAnswer> done) {
  const TrialHandle trial{command.trial.study_uid, command.trial.number, 0};
  ByHandle(trial, std::move(command), std::move(done), &verbs::AdvanceTrial);
}

void StudyCalls::Sample(SampleCommand command, Done<JointPart> done) {
  if (asks_refused_.load()) return done(error::ShuttingDown());
  const TrialHandle trial{command.trial.study_uid, command.trial.number, 0};
  ByHandle(trial, std::move(command), std::move(done), &verbs::Sample);
}

void StudyCalls::ReadTrials(ReadTrialsCommand command, Done<ReadTrialsAnswer> done) {
  const TrialHandle any{command.study_uid, 0, 0};
  ByHandle(any, std::move(command), std::move(done), &verbs::ReadTrials);
}

void StudyCalls::GetTrial(GetTrialCommand command, Done<Trial> done) {
  ByName(std::move(command), std::move(done), &verbs::GetTrial);
}

void StudyCalls::ListTrials(ListTrialsCommand command, Done<ListTrialsAnswer> done) {
  ByName(std::move(command), std::move(done), &verbs::ListTrials);
}

void StudyCalls::BestTrials(BestTrialsCommand command, Done<BestTrialsAnswer> done) {
  ByName(std::move(command), std::move(done), &verbs::BestTrials);
}

void StudyCalls::RecommendTrials(RecommendTrialsCommand command, Done<RecommendTrialsAnswer> done) {
  ByName(std::move(command), std::move(done), &verbs::RecommendTrials);
}

void StudyCalls::GetImportances(GetImportancesCommand command, Done<GetImportancesAnswer> done) {
  ByName(std::move(command), std::move(done), &verbs::GetImportances);
}

void StudyCalls::ExplainTrial(ExplainTrialCommand command, Done<ExplainTrialAnswer> done) {
  ByName(std::move(command), std::move(done), &verbs::ExplainTrial);
}

}  // namespace parzen::engine
