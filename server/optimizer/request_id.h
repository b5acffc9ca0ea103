// request_id, as clients send it.

#ifndef PARZEN_SERVER_OPTIMIZER_REQUEST_ID_H_
#define PARZEN_SERVER_OPTIMIZER_REQUEST_ID_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "server/engine/types.h"

namespace parzen::optimizer {

// 16 bytes of a UUID's 36-character text; BAD_FIELD "request_id" else.
absl::StatusOr<engine::RequestId> ParseRequestId(std::string_view text);

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_REQUEST_ID_H_
