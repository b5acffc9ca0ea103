// Which format a file of trials has.

#ifndef PARZEN_CLIENTS_CLI_FORMATS_H_
#define PARZEN_CLIENTS_CLI_FORMATS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace parzen::cli {

// "csv" or "jsonl": as `said`, else by the file's ending, else `otherwise`.
absl::StatusOr<std::string> FormatOf(const std::string& said, const std::string& file, std::string_view otherwise);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_FORMATS_H_
