// What can be done to a live study: one function an RPC, each in the file of its name. The study and the limits of the command
// are checked (server/engine/validation.h). `done` is called once, as server/engine/service.h says.
//
// A verb that changes something validates, stages (StagedStudy) and queues (StudyEngine::Queue) under the study's mutex, and is
// answered when that is durable. One with a request_id goes through Once (once.h), with a function that recalls its answer.

#ifndef PARZEN_SERVER_ENGINE_STUDY_VERBS_VERBS_H_
#define PARZEN_SERVER_ENGINE_STUDY_VERBS_VERBS_H_

#include <optional>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "server/engine/client_trials.h"
#include "server/engine/insights.h"
#include "server/engine/study/study_engine.h"
#include "server/engine/types.h"
#include "storage/records.h"

namespace parzen::engine::verbs {

// --- On the sampling strand.

void Ask(const StudyPtr& study, AskCommand command, Done<AskAnswer> done);
void Suggest(const StudyPtr& study, SuggestCommand command, Done<SuggestAnswer> done);
void Enqueue(const StudyPtr& study, EnqueueCommand command, Done<Trial> done);
void AddTrials(const StudyPtr& study, AddTrialsCommand command, Done<AddTrialsAnswer> done);
void UpdateStudy(const StudyPtr& study, UpdateStudyCommand command, Done<Study> done);
// `request` is kept outside the study, in the same transaction.
void DeleteStudy(const StudyPtr& study, std::optional<storage::RequestRecord> request, Done<std::monostate> done);

void BeginTrial(const StudyPtr& study, BeginTrialCommand command, Done<BeginTrialAnswer> done);
void SetParameter(const StudyPtr& study, SetParameterCommand command, Done<std::monostate> done);
void AdvanceTrial(const StudyPtr& study, AdvanceTrialCommand command, Done<AdvanceTrialAnswer> done);
// Writes nothing.
void Sample(const StudyPtr& study, SampleCommand command, Done<JointPart> done);

// --- On the caller's thread; SetTrialState goes on to the strand where a trial begins or waits again.

void Tell(const StudyPtr& study, TellCommand command, Done<TellAnswer> done);
void Report(const StudyPtr& study, ReportCommand command, Done<ReportAnswer> done);
void UpdateTrial(const StudyPtr& study, UpdateTrialCommand command, Done<Trial> done);
void SetTrialState(const StudyPtr& study, SetTrialStateCommand command, Done<bool> done);
void AmendTrial(const StudyPtr& study, AmendTrialCommand command, Done<std::monostate> done);
void StopTrial(const StudyPtr& study, StopTrialCommand command, Done<std::monostate> done);
// One answer a handle; an error for what never was a trial's handle. Writes nothing.
std::vector<absl::StatusOr<HeartbeatReply>> Heartbeat(const StudyPtr& study, const std::vector<TrialHandle>& trials);

// --- Reading: what is durable.

Study GetStudy(const StudyPtr& study);
TrialCounts CountTrials(const StudyPtr& study);
void GetTrial(const StudyPtr& study, GetTrialCommand command, Done<Trial> done);
void ListTrials(const StudyPtr& study, ListTrialsCommand command, Done<ListTrialsAnswer> done);
void ReadTrials(const StudyPtr& study, ReadTrialsCommand command, Done<ReadTrialsAnswer> done);
void BestTrials(const StudyPtr& study, BestTrialsCommand command, Done<BestTrialsAnswer> done);
void RecommendTrials(const StudyPtr& study, RecommendTrialsCommand command, Done<RecommendTrialsAnswer> done);
// Copies what it needs on the sampling strand.
void GetImportances(const StudyPtr& study, GetImportancesCommand command, Done<GetImportancesAnswer> done);
void ExplainTrial(const StudyPtr& study, ExplainTrialCommand command, Done<ExplainTrialAnswer> done);
// A watch's next batch: what changed after `revision`. `first`: the study itself is wanted in any case.
void ReadChanges(const StudyPtr& study, int64_t revision, bool first, View view, const std::vector<TrialState>& states,
                 Done<WatchBatch> done);

}  // namespace parzen::engine::verbs

#endif  // PARZEN_SERVER_ENGINE_STUDY_VERBS_VERBS_H_
