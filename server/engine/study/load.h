// How a study comes into memory: taken for this server, then read row by row.

#ifndef PARZEN_SERVER_ENGINE_STUDY_LOAD_H_
#define PARZEN_SERVER_ENGINE_STUDY_LOAD_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "server/engine/study/study_engine.h"

namespace parzen::engine {

// Takes the study (Storage::AcquireStudy) and reads it; every lease gets a full period. NOT_FOUND where there is none; DATA_LOSS
// where what is stored cannot be read; else the storage's own errors. Waits for the disk: on a reader thread.
absl::StatusOr<StudyPtr> LoadStudy(const EngineContext& context, uint64_t uid, std::shared_ptr<WatchHub> hub);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_LOAD_H_
