// The trials that importances are computed from, copied out of a history, so that the study can go on meanwhile.

#ifndef PARZEN_SAMPLER_IMPORTANCE_JUDGED_TRIALS_H_
#define PARZEN_SAMPLER_IMPORTANCE_JUDGED_TRIALS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sampler/history.h"
#include "sampler/tpe/losses.h"

namespace parzen::importance {

// Bounds on what is copied and computed with. Of more trials so many are taken, spread evenly over the study: of several
// objectives fewer, since it takes hypervolumes to say which trials are the best, a second of computing or less in the worst
// case.
constexpr int64_t MostTrials(size_t objectives) {
  return objectives == 1 ? 100'000 : objectives == 2 ? 10'000 : objectives <= 4 ? 2'000 : objectives <= 6 ? 1'000 : 200;
}
inline constexpr int64_t kMostValues = 4'000'000;  // trials times parameters

struct JudgedParameter {
  std::string name;
  std::vector<double> values;               // internal form, one a trial; kAbsent where a trial lacks it
  std::vector<Distribution> distributions;  // that the values come from, pairwise different
  std::vector<uint32_t> distribution_of;    // one a trial, its place in `distributions`; empty where there is one
};

struct JudgedTrials {
  explicit JudgedTrials(size_t objectives) : losses(objectives) {}

  tpe::Losses losses;                       // one row a trial, finite
  std::vector<JudgedParameter> parameters;  // those that a complete trial has, in the history's order
  int64_t complete = 0;                     // trials that could have been taken: complete ones with finite values
};

// Complete trials by one objective, or by all of them.
JudgedTrials Judge(const History& history, std::optional<size_t> objective);

}  // namespace parzen::importance

#endif  // PARZEN_SAMPLER_IMPORTANCE_JUDGED_TRIALS_H_
