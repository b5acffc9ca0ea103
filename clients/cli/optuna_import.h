// Optuna's studies, by way of the Python client's module parzen.optuna_import.

#ifndef PARZEN_CLIENTS_CLI_OPTUNA_IMPORT_H_
#define PARZEN_CLIENTS_CLI_OPTUNA_IMPORT_H_

#include <string>

#include "absl/status/statusor.h"

namespace parzen::cli {

// The studies in Optuna's storage at `url` (or the one of this name, where it is not empty) as JSON Lines (json_lines.h). Runs
// the Python that PARZEN_PYTHON names, else python3, which needs the package parzen; what it says goes to the standard error.
absl::StatusOr<std::string> ReadOptunaStorage(const std::string& url, const std::string& study);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_OPTUNA_IMPORT_H_
