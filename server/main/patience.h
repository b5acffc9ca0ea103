// A database that is away when the server starts is waited for, as PostgreSQL's users expect of a service: it may be starting
// too.

#ifndef PARZEN_SERVER_MAIN_PATIENCE_H_
#define PARZEN_SERVER_MAIN_PATIENCE_H_

#include <chrono>
#include <functional>

#include "absl/status/status.h"
#include "server/main/signals.h"

namespace parzen {

// Calls `attempt` until it succeeds, or fails with anything but UNAVAILABLE, or `bound` is over since the first call; then what
// it said last, with how long it was tried. Each failure is a line in the log. Attempts run on another thread, one at a time: a
// signal ends the process at once, however long an attempt waits for the network. That is safe, since nothing was promised to
// anybody yet.
absl::Status TryFor(std::chrono::seconds bound, EndSignals* signals, const std::function<absl::Status()>& attempt);

}  // namespace parzen

#endif  // PARZEN_SERVER_MAIN_PATIENCE_H_
