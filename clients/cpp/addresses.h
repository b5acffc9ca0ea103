// Where a server is, or several that serve the same studies.

#ifndef PARZEN_CLIENTS_CPP_ADDRESSES_H_
#define PARZEN_CLIENTS_CPP_ADDRESSES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace parzen {
inline namespace client {

// The addresses of a list with commas between them, in its order, each once: HOST:PORT each, or a target as gRPC spells it. A
// socket's path may have commas itself. INVALID_ARGUMENT for what gRPC would take for another host, or for its own port 443, and
// then wait for. The Python client has the same rule.
absl::StatusOr<std::vector<std::string>> AddressesIn(std::string_view text);

// Whether it is HOST:PORT: one address, and none of gRPC's spellings.
bool IsHostAndPort(std::string_view address);

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_CLIENTS_CPP_ADDRESSES_H_
