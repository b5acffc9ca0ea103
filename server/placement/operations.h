// Every call that can be for another replica's study, and how it is run.

#ifndef PARZEN_SERVER_PLACEMENT_OPERATIONS_H_
#define PARZEN_SERVER_PLACEMENT_OPERATIONS_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "server/placement/poll.h"
#include "server/placement/routed_call.h"

namespace parzen::placement {

namespace operations {

using engine::Done;
using engine::Service;

// Of a method of the service that takes a command and a Done.
template <auto kMethod, typename Command, typename Answer>
constexpr Operation<Command, Answer> Of(std::string_view name, bool reads = false) {
  return {
      name,
      [](const Here& here, Command command, Done<Answer> done) { (here.service->*kMethod)(std::move(command), std::move(done)); },
      reads};
}
// Of one that answers with a status alone.
template <auto kMethod, typename Command>
constexpr Operation<Command, std::monostate> OfStatus(std::string_view name) {
  return {name, [](const Here& here, Command command, Done<std::monostate> done) {
            (here.service->*kMethod)(std::move(command), [done = std::move(done)](absl::Status status) {
              if (!status.ok()) return done(std::move(status));
              done(std::monostate());
            });
          }};
}

inline constexpr auto kCreateStudy = Of<&Service::CreateStudy, engine::CreateStudyCommand, engine::Study>("CreateStudy");
inline constexpr Operation<NameCommand, engine::Study> kGetStudy{
    "GetStudy",
    [](const Here& here, NameCommand command, Done<engine::Study> done) {
      here.service->GetStudy(std::move(command.study), std::move(done));
    },
    /*reads=*/true};
inline constexpr auto kUpdateStudy = Of<&Service::UpdateStudy, engine::UpdateStudyCommand, engine::Study>("UpdateStudy");
inline constexpr auto kDeleteStudy = OfStatus<&Service::DeleteStudy, engine::DeleteStudyCommand>("DeleteStudy");
inline constexpr auto kAsk = Of<&Service::Ask, engine::AskCommand, engine::AskAnswer>("Ask");
inline constexpr auto kTell = Of<&Service::Tell, engine::TellCommand, engine::TellAnswer>("Tell");
inline constexpr auto kReport = Of<&Service::Report, engine::ReportCommand, engine::ReportAnswer>("Report");
inline constexpr auto kHeartbeat = Of<&Service::Heartbeat, engine::HeartbeatCommand, engine::HeartbeatAnswer>("Heartbeat");
inline constexpr auto kStopTrial = OfStatus<&Service::StopTrial, engine::StopTrialCommand>("StopTrial");
inline constexpr auto kEnqueue = Of<&Service::Enqueue, engine::EnqueueCommand, engine::Trial>("Enqueue");
inline constexpr auto kAddTrials = Of<&Service::AddTrials, engine::AddTrialsCommand, engine::AddTrialsAnswer>("AddTrials");
inline constexpr auto kSuggest = Of<&Service::Suggest, engine::SuggestCommand, engine::SuggestAnswer>("Suggest");
inline constexpr auto kUpdateTrial = Of<&Service::UpdateTrial, engine::UpdateTrialCommand, engine::Trial>("UpdateTrial");
inline constexpr auto kBeginTrial = Of<&Service::BeginTrial, engine::BeginTrialCommand, engine::BeginTrialAnswer>("BeginTrial");
inline constexpr auto kSetParameter = Of<&Service::SetParameter, engine::SetParameterCommand, std::monostate>("SetParameter");
inline constexpr auto kSetTrialState = Of<&Service::SetTrialState, engine::SetTrialStateCommand, bool>("SetTrialState");
inline constexpr auto kAmendTrial = Of<&Service::AmendTrial, engine::AmendTrialCommand, std::monostate>("AmendTrial");
inline constexpr auto kAdvanceTrial =
    Of<&Service::AdvanceTrial, engine::AdvanceTrialCommand, engine::AdvanceTrialAnswer>("AdvanceTrial");
inline constexpr auto kSample = Of<&Service::Sample, engine::SampleCommand, JointPart>("Sample", true);
inline constexpr auto kReadTrials =
    Of<&Service::ReadTrials, engine::ReadTrialsCommand, engine::ReadTrialsAnswer>("ReadTrials", true);
inline constexpr auto kGetTrial = Of<&Service::GetTrial, engine::GetTrialCommand, engine::Trial>("GetTrial", true);
inline constexpr auto kListTrials =
    Of<&Service::ListTrials, engine::ListTrialsCommand, engine::ListTrialsAnswer>("ListTrials", true);
inline constexpr auto kBestTrials =
    Of<&Service::BestTrials, engine::BestTrialsCommand, engine::BestTrialsAnswer>("BestTrials", true);
inline constexpr auto kRecommendTrials =
    Of<&Service::RecommendTrials, engine::RecommendTrialsCommand, engine::RecommendTrialsAnswer>("RecommendTrials", true);
inline constexpr auto kGetImportances =
    Of<&Service::GetImportances, engine::GetImportancesCommand, engine::GetImportancesAnswer>("GetImportances", true);
inline constexpr auto kExplainTrial =
    Of<&Service::ExplainTrial, engine::ExplainTrialCommand, engine::ExplainTrialAnswer>("ExplainTrial", true);
inline constexpr Operation<TouchCommand, std::string> kTouch{"Touch",
                                                             [](const Here& here, TouchCommand command, Done<std::string> done) {
                                                               here.service->StudyName(command.study_uid, std::move(done));
                                                             },
                                                             /*reads=*/true};
inline constexpr Operation<PollCommand, engine::WatchBatch> kPoll{"Poll", &PollHere, /*reads=*/true, /*lingers=*/true};

inline constexpr auto kAll =
    std::tie(kCreateStudy, kGetStudy, kUpdateStudy, kDeleteStudy, kAsk, kTell, kReport, kHeartbeat, kStopTrial, kEnqueue,
             kAddTrials, kSuggest, kUpdateTrial, kBeginTrial, kSetParameter, kSetTrialState, kAmendTrial, kAdvanceTrial, kSample,
             kReadTrials, kGetTrial, kListTrials, kBestTrials, kRecommendTrials, kGetImportances, kExplainTrial, kTouch, kPoll);

}  // namespace operations

// The call that another replica forwards; `done` gets the answer's bytes. Null where there is no such operation, or the bytes are
// not its command.
std::shared_ptr<RoutedCall> CallFromPeer(std::string_view name, std::string_view command, engine::Done<std::string> done);

}  // namespace parzen::placement

#endif  // PARZEN_SERVER_PLACEMENT_OPERATIONS_H_
