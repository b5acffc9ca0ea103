// Times as Optuna's clients write them: "2026-01-31 12:00:00.000000", local time without a zone. As in Optuna's own server it is
// the local time of the machine that the server runs on.

#ifndef PARZEN_SERVER_OPTUNA_DATETIME_H_
#define PARZEN_SERVER_OPTUNA_DATETIME_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace parzen::optuna {

// Microseconds since the Unix epoch as text; empty for 0, which is "not yet".
std::string FormatDatetime(int64_t micros);

// The reverse; 0 for an empty text. INVALID_ARGUMENT for a text that is no such time, or one outside of the years 1971 to 9999. A
// local time that a change of clocks repeats is taken as the first of the two.
absl::StatusOr<int64_t> ParseDatetime(std::string_view text);

}  // namespace parzen::optuna

#endif  // PARZEN_SERVER_OPTUNA_DATETIME_H_
