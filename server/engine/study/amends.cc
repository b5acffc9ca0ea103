#include "server/engine/study/amends.h"

#include "server/engine/attributes.h"

namespace parzen::engine {

void SetAmends(const AmendTrialCommand& command, const storage::TrialRecord& record, int64_t now, storage::UpdateTrial* update) {
  update->user_attrs = AttributeChanges(command.user_attrs);
  update->system_attrs = AttributeChanges(command.system_attrs);
  update->intermediates = command.intermediates;
  for (storage::Intermediate& value : update->intermediates) value.reported_at = now;
  if (command.constraints.empty()) return;
  update->constraints = record.constraints;
  SetNamed(command.constraints, &*update->constraints);
}

}  // namespace parzen::engine
