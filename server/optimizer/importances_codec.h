// GetImportances between the wire and the engine's types.

#ifndef PARZEN_SERVER_OPTIMIZER_IMPORTANCES_CODEC_H_
#define PARZEN_SERVER_OPTIMIZER_IMPORTANCES_CODEC_H_

#include "absl/status/statusor.h"
#include "parzen/v1/parzen.pb.h"
#include "server/engine/insights.h"

namespace parzen::optimizer {

absl::StatusOr<engine::GetImportancesCommand> Decode(const v1::GetImportancesRequest& request);
void Encode(const engine::GetImportancesAnswer& answer, v1::GetImportancesResponse* out);

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_IMPORTANCES_CODEC_H_
