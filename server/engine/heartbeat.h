// Heartbeat: trials of several studies in one call.

#ifndef PARZEN_SERVER_ENGINE_HEARTBEAT_H_
#define PARZEN_SERVER_ENGINE_HEARTBEAT_H_

#include "server/engine/live_studies.h"
#include "server/engine/service.h"
#include "server/engine/types.h"

namespace parzen::engine {

// Renews the leases of the trials that still are their holders', and answers one word a trial. A trial that never was (no such
// study, no such number, an attempt to come) is an error where the call has no others; beside others it is LEASE_LOST, so that a
// study that is deleted costs no other study's leases. Where a study cannot be reached (UNAVAILABLE), the call fails, though the
// others' leases are renewed: a repeat does no harm.
void StartHeartbeat(LiveStudies* studies, HeartbeatCommand command, Done<HeartbeatAnswer> done);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_HEARTBEAT_H_
