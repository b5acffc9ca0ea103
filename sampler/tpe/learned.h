// What TPE learns from a history whatever its seed: which rows are good, and the densities of the groups that were asked for.

#ifndef PARZEN_SAMPLER_TPE_LEARNED_H_
#define PARZEN_SAMPLER_TPE_LEARNED_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sampler/history.h"
#include "sampler/tpe/dimension.h"
#include "sampler/tpe/group_model.h"
#include "sampler/tpe/settings.h"
#include "sampler/tpe/split.h"

namespace parzen::tpe {

// Follows one history as it grows; starts over for another. Samplers that differ in their seeds only may share one. Not thread
// safe.
class Learned {
 public:
  explicit Learned(const TpeSettings& settings) : settings_(settings), best_(settings) {}

  // Takes up the rows that ended since the last call. What follows speaks of the history as it was then.
  void Update(const History& history);

  int64_t observations() const { return best_.observations(); }
  // The good rows, ascending: the `below` of SplitTrials.
  const std::vector<int32_t>& below() const { return several_ ? best_of_several_.below : best_.below(); }
  // The densities of a group, brought up to date for trial `number`, which is left out. Valid until the next call.
  GroupModel& ModelOf(const History& history, const JointGroup& group, int64_t number);

 private:
  // The good rows with several objectives; the version counts how often they changed.
  struct BestOfSeveral {
    size_t finished = 0;
    std::vector<int32_t> below;
    int64_t version = 0;
  };

  GroupModel& FindModel(const JointGroup& group, size_t objectives);

  const TpeSettings settings_;
  const History* followed_ = nullptr;
  bool several_ = false;
  BestTrials best_;
  BestOfSeveral best_of_several_;
  std::vector<std::unique_ptr<GroupModel>> models_;
};

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_LEARNED_H_
