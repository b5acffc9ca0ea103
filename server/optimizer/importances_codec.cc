#include "server/optimizer/importances_codec.h"

#include "base/status_macros.h"
#include "server/error/field.h"
#include "server/optimizer/space_codec.h"

namespace parzen::optimizer {

absl::StatusOr<engine::GetImportancesCommand> Decode(const v1::GetImportancesRequest& request) {
  PARZEN_RETURN_IF_ERROR(CheckName(request.study(), error::Field("study")));
  engine::GetImportancesCommand command;
  command.study = request.study();
  if (request.has_objective()) command.objective = request.objective();
  return command;
}

void Encode(const engine::GetImportancesAnswer& answer, v1::GetImportancesResponse* out) {
  for (const NamedValue& share : answer.shares) {
    v1::GetImportancesResponse::Share* added = out->add_shares();
    added->set_parameter(share.name);
    added->set_share(share.value);
  }
  out->set_note(answer.note);
  out->set_complete(answer.complete);
  out->set_used(answer.used);
}

}  // namespace parzen::optimizer
