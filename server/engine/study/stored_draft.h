// What is kept with a trial about how it was suggested: the text in TrialRecord::sampler_draft.
//
//   {"before": [startup, tpe], "after": [startup, tpe],   words drawn; only where they are not zero
//    "attempt": 2,                                        only where it is not zero
//    "relative": [["x", 0.25], ...],                      the joint part, internal form
//    "fixed": ["x", ...],                                 parameters that were given, not sampled
//    "given": [["y", choice], ...]}                       define-by-run: given and not suggested yet
//
// Empty where there is nothing to keep.

#ifndef PARZEN_SERVER_ENGINE_STORED_DRAFT_H_
#define PARZEN_SERVER_ENGINE_STORED_DRAFT_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sampler/sampler.h"
#include "sampler/space/space.h"

namespace parzen::engine {

struct StoredDraft {
  Draft draft;  // its number is the trial's and not part of the text
  std::vector<std::string> fixed;
  std::vector<std::pair<std::string, Choice>> given;
};

std::string StoredDraftToJson(const StoredDraft& stored);
absl::StatusOr<StoredDraft> StoredDraftFromJson(std::string_view json, int64_t number);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STORED_DRAFT_H_
