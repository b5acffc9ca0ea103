// What a new study has learned from earlier ones: a snapshot, taken when the study is made and kept with it.
//
// A snapshot is all that is ever known of the earlier studies: deleting or changing them afterwards changes nothing. It is small
// however many trials they had: of each at most kEarlierPoints, chosen by loss, and the hyperparameters of a Gaussian process
// that was fitted to them (gp/earlier_study.h). Losses of different studies have different scales and offsets; kept are normal
// scores, the quantiles of a standard normal law that stand for the ranks (Salinas, Shen and Perrone 2020, "A quantile-based
// approach for hyperparameter transfer learning").

#ifndef PARZEN_SAMPLER_WARM_START_H_
#define PARZEN_SAMPLER_WARM_START_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sampler/history.h"
#include "sampler/space/space.h"

namespace parzen {

// Studies that one snapshot has at most, trials that are read of each, and those of them that are kept.
inline constexpr size_t kMaxEarlierStudies = 20;
inline constexpr int64_t kMaxEarlierTrials = 1'000;
inline constexpr int64_t kEarlierPoints = 100;
// Numbers that the kept points of a snapshot have at most, all together, but for kFewestEarlierPoints of each study.
inline constexpr int64_t kMaxEarlierNumbers = 50'000, kFewestEarlierPoints = 5;
// Points that a study tries before it searches for itself: what misleading studies cost at most.
inline constexpr size_t kFirstPoints = 3;

// The trials of an earlier study that count, as they are read: complete, feasible, and with values that the new space has.
struct EarlierTrials {
  std::string name;
  uint64_t uid = 0;
  int64_t revision = 0;                     // of the study when it was read
  std::vector<Point> points;                // internal form, in the order of the new space; kAbsent for what a trial lacks
  std::vector<std::vector<double>> losses;  // one an objective, negated where it was maximized: less is better
};

// What is kept of it.
struct EarlierStudy {
  std::string name;
  uint64_t uid = 0;
  int64_t revision = 0;
  int64_t trials = 0;                       // how many counted
  std::vector<std::string> parameters;      // of the new space, that the trials have; the rest is one value a parameter of these
  std::vector<double> spans;                // width of the range when the model was fitted, a logarithm's on a log scale
  std::vector<double> log_scales;           // of the model: logarithms of length-scales, in ranges,
  double log_noise = 0, log_amplitude = 0;  // and of the variances
  std::optional<double> main_effects;       // log odds of their share; none without them, as in version 1
  std::vector<Point> points;                // in the order of `parameters`
  std::vector<double> losses;               // one a point: normal scores among all that counted
  bool operator==(const EarlierStudy&) const = default;
};

struct WarmStart {
  static constexpr int32_t kNewestVersion = 2;

  int32_t version = kNewestVersion;  // of what is kept and how it is used: a study keeps the one it was made with
  std::vector<EarlierStudy> studies;
  // To be tried first, in this order: parameters that earlier studies had, internal form.
  std::vector<std::vector<NamedValue>> first;
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_WARM_START_H_
