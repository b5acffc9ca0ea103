// The part of Service that belongs to one study: a call is admitted, what its command says is checked, and it goes to the verb of
// its name over the live study (study/verbs/verbs.h).

#ifndef PARZEN_SERVER_ENGINE_STUDY_CALLS_H_
#define PARZEN_SERVER_ENGINE_STUDY_CALLS_H_

#include <atomic>
#include <string>
#include <utility>

#include "server/engine/call_gate.h"
#include "server/engine/live_studies.h"
#include "server/engine/service.h"
#include "server/engine/upkeep.h"

namespace parzen::engine {

class StudyCalls : public Service {
 public:
  void UpdateStudy(UpdateStudyCommand command, Done<Study> done) override;
  void Ask(AskCommand command, Done<AskAnswer> done) override;
  void Tell(TellCommand command, Done<TellAnswer> done) override;
  void Report(ReportCommand command, Done<ReportAnswer> done) override;
  void StopTrial(StopTrialCommand command, std::function<void(absl::Status)> done) override;
  void Enqueue(EnqueueCommand command, Done<Trial> done) override;
  void AddTrials(AddTrialsCommand command, Done<AddTrialsAnswer> done) override;
  void Suggest(SuggestCommand command, Done<SuggestAnswer> done) override;
  void UpdateTrial(UpdateTrialCommand command, Done<Trial> done) override;
  void BeginTrial(BeginTrialCommand command, Done<BeginTrialAnswer> done) override;
  void SetParameter(SetParameterCommand command, Done<std::monostate> done) override;
  void SetTrialState(SetTrialStateCommand command, Done<bool> done) override;
  void AmendTrial(AmendTrialCommand command, Done<std::monostate> done) override;
  void AdvanceTrial(AdvanceTrialCommand command, Done<AdvanceTrialAnswer> done) override;
  void Sample(SampleCommand command, Done<JointPart> done) override;
  void ReadTrials(ReadTrialsCommand command, Done<ReadTrialsAnswer> done) override;
  void GetTrial(GetTrialCommand command, Done<Trial> done) override;
  void ListTrials(ListTrialsCommand command, Done<ListTrialsAnswer> done) override;
  void BestTrials(BestTrialsCommand command, Done<BestTrialsAnswer> done) override;
  void RecommendTrials(RecommendTrialsCommand command, Done<RecommendTrialsAnswer> done) override;
  void GetImportances(GetImportancesCommand command, Done<GetImportancesAnswer> done) override;
  void ExplainTrial(ExplainTrialCommand command, Done<ExplainTrialAnswer> done) override;

 protected:
  // Both outlive the calls.
  StudyCalls(engine::LiveStudies* studies, Upkeep* upkeep) : studies_(*studies), upkeep_(*upkeep) {}

  // Null where calls are refused: the caller has been answered.
  template <typename Answer>
  Done<Answer> Admit(Done<Answer> done) {
    done = gate_.Admit(std::move(done));
    if (done != nullptr) upkeep_.Tick();
    return done;
  }
  CallGate* gate() { return &gate_; }
  // From now on.
  void RefuseAsks() { asks_refused_ = true; }

 private:
  template <typename Command, typename Answer>
  using Verb = void (*)(const StudyPtr& study, Command command, Done<Answer> done);
  // Admits, checks and routes a call to the study that is named, or whose trial is meant.
  template <typename Command, typename Answer>
  void ByName(Command command, Done<Answer> done, Verb<Command, Answer> verb);
  template <typename Command, typename Answer>
  void ByHandle(const TrialHandle& trial, Command command, Done<Answer> done, Verb<Command, Answer> verb);

  engine::LiveStudies& studies_;
  Upkeep& upkeep_;
  CallGate gate_;
  std::atomic<bool> asks_refused_{false};
};

// Whether the study that has the command's name is the one that is meant: NO_SUCH_STUDY where study_uid is another's.
template <typename Command>
absl::Status CheckUid(const Command& command, const StudyPtr& study) {
  if constexpr (requires { command.study_uid; }) {
    const uint64_t uid = command.study_uid;
    if (uid != 0 && uid != study->identity().uid) {
      return error::NoSuchStudy("\"" + command.study + "\" with uid " + std::to_string(uid));
    }
  }
  return absl::OkStatus();
}

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_CALLS_H_
