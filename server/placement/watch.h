// A watch whose study may be anywhere, and move: it is read in pieces (poll.h), each from whoever owns the study then.

#ifndef PARZEN_SERVER_PLACEMENT_WATCH_H_
#define PARZEN_SERVER_PLACEMENT_WATCH_H_

#include <functional>
#include <memory>

#include "server/engine/service.h"
#include "server/placement/router.h"

namespace parzen::placement {

// `router` outlives the watcher, and what it has under way.
std::unique_ptr<engine::Watcher> MakeWatcher(Router* router, engine::WatchCommand command, std::function<void()> changed);

}  // namespace parzen::placement

#endif  // PARZEN_SERVER_PLACEMENT_WATCH_H_
