#include "server/engine/study/amends.h"

#include <utility>
#include <vector>

#include "server/engine/attributes.h"
#include "server/engine/definition/completed_rungs.h"
#include "server/engine/study/checks.h"
#include "server/engine/study/study_pruner.h"

namespace parzen::engine {

absl::Status CheckAmends(const StagedStudy& staged, const AmendTrialCommand& command, int64_t number) {
  std::vector<int64_t> steps;
  for (const storage::Intermediate& value : command.intermediates) steps.push_back(value.step);
  return CheckRoomForReports(staged, number, steps);
}

void SetAmends(const AmendTrialCommand& command, const storage::TrialRecord& record, int64_t now, storage::UpdateTrial* update) {
  update->user_attrs = AttributeChanges(command.user_attrs);
  update->system_attrs = AttributeChanges(command.system_attrs);
  if (auto rungs = RungsWith(record.system_attrs, command.system_attrs)) {
    update->system_attrs.emplace_back(kRungsKey, *std::move(rungs));
  }
  update->intermediates = command.intermediates;
  for (storage::Intermediate& value : update->intermediates) value.reported_at = now;
  if (command.constraints.empty()) return;
  update->constraints = record.constraints;
  SetNamed(command.constraints, &*update->constraints);
}

}  // namespace parzen::engine
