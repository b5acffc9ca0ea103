// Errors as the Connect protocol has them: a code by name, an HTTP status, and JSON with our ErrorInfo among the details.
// https://connectrpc.com/docs/protocol, sections "Error Codes" and "Error Details".

#ifndef PARZEN_SERVER_OPTIMIZER_CONNECT_ERROR_JSON_H_
#define PARZEN_SERVER_OPTIMIZER_CONNECT_ERROR_JSON_H_

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace parzen::optimizer::connect {

// "not_found", "canceled", ...
std::string_view CodeName(absl::StatusCode code);
// 404 for NOT_FOUND, ...; 200 for OK.
int HttpStatusOf(absl::StatusCode code);

// {"code", "message", "details": [{"type": "google.rpc.ErrorInfo", "value": base64 of the message, "debug": the same as JSON}]}.
nlohmann::json ErrorObject(const absl::Status& status);
// The same as text. A message that is no UTF-8 has its bad bytes replaced.
std::string ErrorJson(const absl::Status& status);

}  // namespace parzen::optimizer::connect

#endif  // PARZEN_SERVER_OPTIMIZER_CONNECT_ERROR_JSON_H_
