// When a study ends by itself: what its limits are compared with. No threads, no clock: guarded by its owner.

#ifndef PARZEN_SERVER_ENGINE_STUDY_FINISH_RULES_H_
#define PARZEN_SERVER_ENGINE_STUDY_FINISH_RULES_H_

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "sampler/history.h"
#include "server/engine/definition/definition.h"
#include "server/engine/types.h"

namespace parzen::engine {

// The study's system attribute that says why it is finished, as a JSON string.
inline constexpr char kFinishReasonKey[] = "parzen:finish_reason";

// The reasons that are limits; "call" where somebody asked for the end.
inline constexpr char kFinishedByCall[] = "call";

class FinishRules {
 public:
  explicit FinishRules(std::vector<Direction> directions) : directions_(std::move(directions)) {}

  // A trial was handed out.
  void OnAsked(int64_t micros) { first_ask_ = std::min(first_ask_, micros); }
  // A trial was told COMPLETE, in the order of telling. An infeasible one is no better than what was there. Imported ones may be
  // the best, but do not try a study's patience.
  void OnComplete(std::span<const double> values, bool feasible, bool imported);

  // "max_duration", "target" or "patience", which has been reached first in this order; empty where none is.
  std::string_view Reached(const StudyDefinition& definition, int64_t now_micros) const;

 private:
  std::vector<Direction> directions_;
  int64_t first_ask_ = std::numeric_limits<int64_t>::max();
  std::vector<std::vector<double>> best_;  // losses that none dominates, each once
  int64_t since_better_ = 0;               // complete trials since best_ changed
};

// The reason that a face names; empty where it has none.
std::string FinishReasonOf(const Attributes& system_attrs);

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_FINISH_RULES_H_
