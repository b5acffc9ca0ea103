// A method that can be called, as the front that serves it describes it: who may call it, and what logs and metrics call it.

#ifndef PARZEN_SERVER_SECURITY_METHOD_H_
#define PARZEN_SERVER_SECURITY_METHOD_H_

#include <span>
#include <string_view>

#include "server/security/principal.h"

namespace parzen::security {

// One for each method, for the life of the process: calls refer to it by address.
struct Method {
  std::string_view path;   // the full name, "/parzen.v1.Optimizer/Ask"; no two methods of a server share one
  std::string_view label;  // in logs, metrics and refusals: "Ask"; no two methods of a server share one either
  Role role;               // the least that may call it
  bool stream = false;     // its answers are a stream, which may stay open for days
};

using Methods = std::span<const Method* const>;

// The method of that full name; null where there is none.
const Method* FindMethod(Methods methods, std::string_view path);

}  // namespace parzen::security

#endif  // PARZEN_SERVER_SECURITY_METHOD_H_
