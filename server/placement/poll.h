// A watch in pieces: what there is after a revision, or what comes within some time. Whoever polls keeps the revision, so that
// each piece can come from another replica.

#ifndef PARZEN_SERVER_PLACEMENT_POLL_H_
#define PARZEN_SERVER_PLACEMENT_POLL_H_

#include "server/engine/service.h"
#include "server/placement/layout.h"
#include "server/placement/routed_call.h"

namespace parzen::placement {

// An empty batch where nothing came in time.
void PollHere(const Here& here, PollCommand command, engine::Done<engine::WatchBatch> done);

inline bool IsEmpty(const engine::WatchBatch& batch) { return batch.trials.empty() && !batch.study && !batch.more; }

}  // namespace parzen::placement

#endif  // PARZEN_SERVER_PLACEMENT_POLL_H_
