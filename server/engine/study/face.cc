#include "server/engine/study/face.h"

#include "server/engine/study/finish_rules.h"

namespace parzen::engine {

Study MakeStudy(const StudyIdentity& identity, const Face& face, const TrialCounts& counts, int64_t revision) {
  Study study;
  study.name = identity.name;
  study.uid = identity.uid;
  study.id = identity.id;
  study.state = face.state;
  study.definition = face.definition;
  study.user_attrs = face.user_attrs;
  study.system_attrs = face.system_attrs;
  study.created_at = identity.created_at;
  study.revision = revision;
  study.definition_version = face.definition_version;
  study.counts = counts;
  if (study.state == StudyState::kFinished) study.finish_reason = FinishReasonOf(study.system_attrs);
  return study;
}

}  // namespace parzen::engine
