// The names under which an option can be given, and what to say of a name that is none.

#ifndef PARZEN_SERVER_MAIN_NAMES_H_
#define PARZEN_SERVER_MAIN_NAMES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace parzen {

// PARZEN_LOG_LEVEL for log-level.
std::string EnvironmentName(std::string_view flag);

// The one of `names` that takes the fewest insertions, deletions and replacements of a character; empty where there are none.
std::string Nearest(std::string_view name, const std::vector<std::string>& names);

// INVALID_ARGUMENT for a variable PARZEN_... that is neither that of a flag nor one that Parzen's clients read nor one that
// Kubernetes sets for a Service called parzen. `environment` is as environ(7), ended by null.
absl::Status CheckEnvironment(const std::vector<std::string>& flags, const char* const* environment);

}  // namespace parzen

#endif  // PARZEN_SERVER_MAIN_NAMES_H_
