// The terminal of `parzen top`.

#ifndef PARZEN_CLIENTS_CLI_TOP_SCREEN_H_
#define PARZEN_CLIENTS_CLI_TOP_SCREEN_H_

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "clients/cli/top/model.h"

namespace parzen::cli {

// Shows a model that has been refreshed once, and every `interval` again, until somebody quits. `study` is open at first; empty:
// the list of studies.
absl::Status RunScreen(TopModel* model, const std::string& study, const std::string& address, std::chrono::milliseconds interval,
                       bool colors);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_TOP_SCREEN_H_
