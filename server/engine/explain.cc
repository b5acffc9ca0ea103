// ExplainTrial.

#include <utility>

#include "server/engine/study_engine.h"

namespace parzen::engine {

void StudyEngine::ExplainTrial(ExplainTrialCommand, Done<ExplainTrialAnswer> done) {
  done(NotImplemented("ExplainTrial", "ExplainTrial is not implemented in this version"));
}

}  // namespace parzen::engine
