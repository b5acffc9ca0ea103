// The study itself, without its trials.

#ifndef PARZEN_SERVER_ENGINE_STUDY_FACE_H_
#define PARZEN_SERVER_ENGINE_STUDY_FACE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "server/engine/definition/definition.h"
#include "server/engine/types.h"

namespace parzen::engine {

// What never changes about a study.
struct StudyIdentity {
  int64_t id = 0;
  uint64_t uid = 0;
  std::string name;
  int64_t created_at = 0;
};

// What UpdateStudy changes; replaced whole.
struct Face {
  StudyState state = StudyState::kActive;
  std::shared_ptr<const StudyDefinition> definition;
  int32_t definition_version = 1;
  Attributes user_attrs;
  Attributes system_attrs;
  int64_t revision = 0;  // of its latest change, trials not included
};

// The study as a client sees it. `revision`: of the latest change of anything in it.
Study MakeStudy(const StudyIdentity& identity, const Face& face, const TrialCounts& counts, int64_t revision);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_FACE_H_
