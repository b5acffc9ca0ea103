// What was learned from earlier studies by itself: the definition's "warm_start" (docs/storage.md) as a text that leaves the
// server with a study's export, and comes back.

#ifndef PARZEN_SERVER_ENGINE_DEFINITION_WARM_START_SNAPSHOT_H_
#define PARZEN_SERVER_ENGINE_DEFINITION_WARM_START_SNAPSHOT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "sampler/space/space.h"
#include "sampler/warm_start.h"

namespace parzen::engine {

std::string WarmStartToJson(const WarmStart& warm_start);

// Checks that it fits a study of `space`, and everything that models made of it rely on: INVALID_ARGUMENT BAD_FIELD
// "warm_start_snapshot" says what does not.
absl::StatusOr<WarmStart> WarmStartFromJson(std::string_view json, const SearchSpace& space);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_DEFINITION_WARM_START_SNAPSHOT_H_
