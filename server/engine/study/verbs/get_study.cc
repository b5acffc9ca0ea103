// GetStudy: the study and its counts, as readers see them.

#include "server/engine/study/verbs/verbs.h"

namespace parzen::engine::verbs {

Study GetStudy(const StudyPtr& study) {
  const MutexLock lock(study->mutex());
  const DurableStudy& durable = study->rooms().durable;
  return MakeStudy(study->identity(), *durable.face(), durable.Counts(), durable.revision());
}

TrialCounts CountTrials(const StudyPtr& study) {
  const MutexLock lock(study->mutex());
  return study->rooms().durable.Counts();
}

}  // namespace parzen::engine::verbs
