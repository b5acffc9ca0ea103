// The log's line about leases that ran out.

#ifndef PARZEN_SERVER_MAIN_LEASE_LOG_H_
#define PARZEN_SERVER_MAIN_LEASE_LOG_H_

#include "server/engine/meter.h"

namespace parzen {

// One line, however many there are: all are counted, the first ten named.
void LogExpired(const engine::ExpiredLeases& expired);

}  // namespace parzen

#endif  // PARZEN_SERVER_MAIN_LEASE_LOG_H_
