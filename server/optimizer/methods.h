// The methods of parzen.v1.Optimizer, and the least role that may call each.
//
// Readers look. Workers do what a trial's life needs, also stopping one: who may tell a trial FAILED gains nothing by stopping
// it. Admins decide what exists: studies, and history from elsewhere. A worker's CreateStudy finds a study, see
// security::CheckMakeStudy.

#ifndef PARZEN_SERVER_OPTIMIZER_METHODS_H_
#define PARZEN_SERVER_OPTIMIZER_METHODS_H_

#include <array>

#include "server/security/method.h"

namespace parzen::optimizer {

using security::Role;

inline constexpr security::Method kGetStudy = {"/parzen.v1.Optimizer/GetStudy", "GetStudy", Role::kReader};
inline constexpr security::Method kListStudies = {"/parzen.v1.Optimizer/ListStudies", "ListStudies", Role::kReader};
inline constexpr security::Method kGetTrial = {"/parzen.v1.Optimizer/GetTrial", "GetTrial", Role::kReader};
inline constexpr security::Method kListTrials = {"/parzen.v1.Optimizer/ListTrials", "ListTrials", Role::kReader};
inline constexpr security::Method kBestTrials = {"/parzen.v1.Optimizer/BestTrials", "BestTrials", Role::kReader};
inline constexpr security::Method kRecommendTrials = {"/parzen.v1.Optimizer/RecommendTrials", "RecommendTrials", Role::kReader};
inline constexpr security::Method kGetImportances = {"/parzen.v1.Optimizer/GetImportances", "GetImportances", Role::kReader};
inline constexpr security::Method kExplainTrial = {"/parzen.v1.Optimizer/ExplainTrial", "ExplainTrial", Role::kReader};
inline constexpr security::Method kWatchStudy = {"/parzen.v1.Optimizer/WatchStudy", "WatchStudy", Role::kReader, true};
inline constexpr security::Method kGetServerInfo = {"/parzen.v1.Optimizer/GetServerInfo", "GetServerInfo", Role::kReader};
inline constexpr security::Method kAsk = {"/parzen.v1.Optimizer/Ask", "Ask", Role::kWorker};
inline constexpr security::Method kTell = {"/parzen.v1.Optimizer/Tell", "Tell", Role::kWorker};
inline constexpr security::Method kReport = {"/parzen.v1.Optimizer/Report", "Report", Role::kWorker};
inline constexpr security::Method kHeartbeat = {"/parzen.v1.Optimizer/Heartbeat", "Heartbeat", Role::kWorker};
inline constexpr security::Method kSuggest = {"/parzen.v1.Optimizer/Suggest", "Suggest", Role::kWorker};
inline constexpr security::Method kUpdateTrial = {"/parzen.v1.Optimizer/UpdateTrial", "UpdateTrial", Role::kWorker};
inline constexpr security::Method kEnqueue = {"/parzen.v1.Optimizer/Enqueue", "Enqueue", Role::kWorker};
inline constexpr security::Method kStopTrial = {"/parzen.v1.Optimizer/StopTrial", "StopTrial", Role::kWorker};
inline constexpr security::Method kCreateStudy = {"/parzen.v1.Optimizer/CreateStudy", "CreateStudy", Role::kWorker};
inline constexpr security::Method kUpdateStudy = {"/parzen.v1.Optimizer/UpdateStudy", "UpdateStudy", Role::kAdmin};
inline constexpr security::Method kDeleteStudy = {"/parzen.v1.Optimizer/DeleteStudy", "DeleteStudy", Role::kAdmin};
inline constexpr security::Method kAddTrials = {"/parzen.v1.Optimizer/AddTrials", "AddTrials", Role::kAdmin};

inline constexpr std::array<const security::Method*, 22> kMethods = {
    &kGetStudy,       &kListStudies,  &kGetTrial,    &kListTrials,    &kBestTrials, &kRecommendTrials,
    &kGetImportances, &kExplainTrial, &kWatchStudy,  &kGetServerInfo, &kAsk,        &kTell,
    &kReport,         &kHeartbeat,    &kSuggest,     &kUpdateTrial,   &kEnqueue,    &kStopTrial,
    &kCreateStudy,    &kUpdateStudy,  &kDeleteStudy, &kAddTrials};

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_METHODS_H_
