// What the log says of a watch that ends.

#ifndef PARZEN_SERVER_OPTIMIZER_WATCH_LOG_H_
#define PARZEN_SERVER_OPTIMIZER_WATCH_LOG_H_

#include <chrono>
#include <string_view>

#include "absl/status/status.h"
#include "server/log/trace_parent.h"

namespace parzen::optimizer {

// One line: at level info, or debug where the client has gone, which is how most watches end.
void LogWatchEnd(const absl::Status& status, std::chrono::steady_clock::duration took, const log::TraceParent& trace,
                 std::string_view principal, std::string_view study);

}  // namespace parzen::optimizer

#endif  // PARZEN_SERVER_OPTIMIZER_WATCH_LOG_H_
