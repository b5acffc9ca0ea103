// The methods of optuna.StorageService and parzen.v1.OptunaTrials, and the least role that may call each.
//
// Readers look. Workers do what study.optimize needs, which includes attributes of the study: samplers and callbacks keep their
// own there. Admins delete. A worker's CreateNewStudy finds a study (load_if_exists), see security::CheckMakeStudy.

#ifndef PARZEN_SERVER_OPTUNA_METHODS_H_
#define PARZEN_SERVER_OPTUNA_METHODS_H_

#include <array>

#include "server/security/method.h"

namespace parzen::optuna {

using security::Role;

#define PARZEN_OPTUNA_METHOD(name, role) \
  inline constexpr security::Method k##name = {"/optuna.StorageService/" #name, "Optuna." #name, Role::role}

PARZEN_OPTUNA_METHOD(CreateNewStudy, kWorker);
PARZEN_OPTUNA_METHOD(DeleteStudy, kAdmin);
PARZEN_OPTUNA_METHOD(SetStudyUserAttribute, kWorker);
PARZEN_OPTUNA_METHOD(SetStudySystemAttribute, kWorker);
PARZEN_OPTUNA_METHOD(GetStudyIdFromName, kReader);
PARZEN_OPTUNA_METHOD(GetStudyNameFromId, kReader);
PARZEN_OPTUNA_METHOD(GetStudyDirections, kReader);
PARZEN_OPTUNA_METHOD(GetStudyUserAttributes, kReader);
PARZEN_OPTUNA_METHOD(GetStudySystemAttributes, kReader);
PARZEN_OPTUNA_METHOD(GetAllStudies, kReader);
PARZEN_OPTUNA_METHOD(CreateNewTrial, kWorker);
PARZEN_OPTUNA_METHOD(SetTrialParameter, kWorker);
PARZEN_OPTUNA_METHOD(GetTrialIdFromStudyIdTrialNumber, kReader);
PARZEN_OPTUNA_METHOD(SetTrialStateValues, kWorker);
PARZEN_OPTUNA_METHOD(SetTrialIntermediateValue, kWorker);
PARZEN_OPTUNA_METHOD(SetTrialUserAttribute, kWorker);
PARZEN_OPTUNA_METHOD(SetTrialSystemAttribute, kWorker);
PARZEN_OPTUNA_METHOD(GetTrial, kReader);
PARZEN_OPTUNA_METHOD(GetTrials, kReader);

#undef PARZEN_OPTUNA_METHOD

#define PARZEN_OPTUNA_METHOD(name, role) \
  inline constexpr security::Method k##name = {"/parzen.v1.OptunaTrials/" #name, "OptunaTrials." #name, Role::role}

PARZEN_OPTUNA_METHOD(BeginTrial, kWorker);
PARZEN_OPTUNA_METHOD(SampleJoint, kWorker);
PARZEN_OPTUNA_METHOD(SampleParameter, kWorker);
PARZEN_OPTUNA_METHOD(AdvanceTrial, kWorker);
PARZEN_OPTUNA_METHOD(GetWaitingTrials, kReader);

#undef PARZEN_OPTUNA_METHOD

inline constexpr std::array<const security::Method*, 24> kMethods = {&kCreateNewStudy,
                                                                     &kDeleteStudy,
                                                                     &kSetStudyUserAttribute,
                                                                     &kSetStudySystemAttribute,
                                                                     &kGetStudyIdFromName,
                                                                     &kGetStudyNameFromId,
                                                                     &kGetStudyDirections,
                                                                     &kGetStudyUserAttributes,
                                                                     &kGetStudySystemAttributes,
                                                                     &kGetAllStudies,
                                                                     &kCreateNewTrial,
                                                                     &kSetTrialParameter,
                                                                     &kGetTrialIdFromStudyIdTrialNumber,
                                                                     &kSetTrialStateValues,
                                                                     &kSetTrialIntermediateValue,
                                                                     &kSetTrialUserAttribute,
                                                                     &kSetTrialSystemAttribute,
                                                                     &kGetTrial,
                                                                     &kGetTrials,
                                                                     &kBeginTrial,
                                                                     &kSampleJoint,
                                                                     &kSampleParameter,
                                                                     &kAdvanceTrial,
                                                                     &kGetWaitingTrials};

}  // namespace parzen::optuna

#endif  // PARZEN_SERVER_OPTUNA_METHODS_H_
