// ASHA's rungs as Optuna's pruners keep them: a trial's system attributes completed_rung_0, completed_rung_1, ... have the value
// with which it entered each. A study's own pruner keeps them in one attribute (study/study_pruner.h). Either side's count for
// the other.

#ifndef PARZEN_SERVER_ENGINE_COMPLETED_RUNGS_H_
#define PARZEN_SERVER_ENGINE_COMPLETED_RUNGS_H_

#include <optional>
#include <string>
#include <vector>

#include "server/engine/types.h"

namespace parzen::engine {

// The name of Optuna's attribute.
std::string CompletedRungKey(size_t rung);
bool IsCompletedRung(const std::string& key);

// What a trial entered rung 0, 1, ... with, by the attribute of the study's own pruner; none of several objectives.
std::vector<double> CompletedRungs(const Attributes& system_attrs);

// That attribute, as it is after an Optuna pruner has set `given`; nullopt where nothing in it is the trial's next rung.
std::optional<std::string> RungsWith(const Attributes& there, const Attributes& given);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_COMPLETED_RUNGS_H_
