// The clock by which answered requests are forgotten: the time that servers of this file have run. It goes on where the last
// server's left off, so neither a wall clock that is set forward nor a long rest makes a request new before its time.

#ifndef PARZEN_SERVER_ENGINE_REQUEST_CLOCK_H_
#define PARZEN_SERVER_ENGINE_REQUEST_CLOCK_H_

#include <cstdint>
#include <functional>
#include <utility>

#include "storage/storage.h"

namespace parzen::engine {

// Reads the latest request of the storage, once; where there is none, or it cannot be read, the clock begins at `wall`.
// The result may be called from any thread, as `monotonic_micros` may.
inline std::function<int64_t()> MakeRequestClock(storage::Storage* storage, int64_t wall, int64_t lifetime_micros,
                                                 std::function<int64_t()> monotonic_micros) {
  const absl::StatusOr<int64_t> latest = storage->LatestRequestExpiry();
  const int64_t begin = latest.ok() && *latest > 0 ? *latest - lifetime_micros : wall;
  return [begin, start = monotonic_micros(), monotonic_micros = std::move(monotonic_micros)] {
    return begin + (monotonic_micros() - start);
  };
}

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_REQUEST_CLOCK_H_
