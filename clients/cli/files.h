// Whole files. "-" is the standard input or output.

#ifndef PARZEN_CLIENTS_CLI_FILES_H_
#define PARZEN_CLIENTS_CLI_FILES_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parzen::cli {

absl::StatusOr<std::string> ReadFile(const std::string& path);

// Writes beside the path and renames, so that a reader never sees half a file. A link stays one; a device or pipe is written to.
absl::Status WriteFile(const std::string& path, std::string_view content);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_FILES_H_
