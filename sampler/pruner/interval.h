// Decisions in intervals of steps, which the percentile and threshold rules share.

#ifndef PARZEN_SAMPLER_PRUNER_INTERVAL_H_
#define PARZEN_SAMPLER_PRUNER_INTERVAL_H_

#include <cstdint>

namespace parzen::pruner {

// Whether a trial is to be judged at its last step: that has passed the warm-up, and is the first one reported in its interval of
// `interval` steps, counted from `warmup`. `second_last_step` is the greatest below it, -1 for none. Optuna 5.0,
// _is_first_in_interval_step.
inline bool IsFirstInInterval(int64_t last_step, int64_t second_last_step, int64_t warmup, int64_t interval) {
  return last_step >= warmup && second_last_step < (last_step - warmup) / interval * interval + warmup;
}

}  // namespace parzen::pruner

#endif  // PARZEN_SAMPLER_PRUNER_INTERVAL_H_
