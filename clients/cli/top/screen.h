// The terminal of `parzen top`.

#ifndef PARZEN_CLIENTS_CLI_TOP_SCREEN_H_
#define PARZEN_CLIENTS_CLI_TOP_SCREEN_H_

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "clients/cli/top/model.h"

namespace parzen::cli {

// Shows the model, refreshed every `interval`, until somebody quits.
absl::Status RunScreen(TopModel* model, const std::string& address, std::chrono::milliseconds interval, bool colors);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_TOP_SCREEN_H_
