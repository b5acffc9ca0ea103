// A History that is made of stored trials, by number, lacks what only time tells: in which order the trials ended, and how many
// had ended when each was asked for. Their revisions say so.

#ifndef PARZEN_SERVER_ENGINE_STUDY_LIVED_ORDER_H_
#define PARZEN_SERVER_ENGINE_STUDY_LIVED_ORDER_H_

#include <cstdint>
#include <vector>

#include "server/engine/study/learner.h"

namespace parzen::engine {

class LivedOrder {
 public:
  // The next trial. `sampled_at`: the revision of the history that its suggestion came from; 0 where it was not sampled here.
  // `ended_at`: the revision at which it ended; 0 where it has not.
  void Add(int64_t sampled_at, int64_t ended_at);
  // The revision at which a trial ended; 0 where it has not.
  int64_t ended_at(int64_t number) const { return trials_[number].ended; }
  // Once all trials that were added are the learner's rows.
  void Tell(Learner* learner) const;

 private:
  struct Trial {
    int64_t asked = 0;
    int64_t ended = 0;
  };
  std::vector<Trial> trials_;  // by number
};

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_STUDY_LIVED_ORDER_H_
