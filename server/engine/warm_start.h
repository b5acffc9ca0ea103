// What a study that is being made learns from earlier ones.
//
// Of each earlier study the kMaxEarlierTrials trials with the highest numbers are read as they are committed; those count that
// are COMPLETE, met their constraints, and have no value that the new space lacks: a parameter is known by its name and kind, a
// choice by type and value. What is kept of them is the sampler's (sampler/warm_start.h).

#ifndef PARZEN_SERVER_ENGINE_WARM_START_H_
#define PARZEN_SERVER_ENGINE_WARM_START_H_

#include <memory>

#include "absl/status/statusor.h"
#include "server/engine/types.h"
#include "storage/storage.h"

namespace parzen::engine {

// Trials that a study needs to be COMPLETE to be found by "auto".
inline constexpr int64_t kLeastAutomaticTrials = 10;

// Reads the earlier studies that `from` says and learns from them; `from` is valid and not empty, the definition has a space. On
// a reader thread: reads the disk, and computes for up to a second where there are many trials.
//
// Automatic ones are the latest made, at most kMaxEarlierStudies, that have as many objectives, a declared space of the same
// parameter names, and kLeastAutomaticTrials complete trials; where there are none, the study begins cold.
//
// NO_SUCH_STUDY names the study; BAD_FIELD "warm_start_from" where a named one has another number of objectives or no parameter
// in common.
absl::StatusOr<std::shared_ptr<const WarmStart>> LearnFromEarlier(storage::Storage* storage, const StudyDefinition& definition,
                                                                  const WarmStartFrom& from);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_WARM_START_H_
