// How a trial's parameters were chosen.

#ifndef PARZEN_EXPLANATION_H_
#define PARZEN_EXPLANATION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "parzen/trial.h"

namespace parzen {
inline namespace client {

// One point that was weighed. The figures are those of the group's method, the others are 0.
struct Candidate {
  Params params;
  double log_l = 0, log_g = 0;     // tpe: log densities under the better trials and under the rest; the largest difference wins
  double mean = 0, deviation = 0;  // gp-ei: the posterior
  double log_ei = 0;               // gp-ei: the log expected improvement; the largest wins
};

// Parameters that were suggested together.
struct ExplainedGroup {
  std::vector<std::string> parameters;
  std::string method;                 // "fixed", "single", "startup", "random", "qmc", "tpe" or "gp-ei"
  std::vector<int64_t> below, above;  // tpe: numbers of the trials that count as better, and the rest
  std::vector<Candidate> candidates;
  std::optional<size_t> winner;  // of the candidates
  NamedValues model;             // figures of the model: length-scales, noise, incumbent
};

struct Explanation {
  FrozenTrial trial;
  std::vector<ExplainedGroup> groups;
};

}  // namespace client
}  // namespace parzen

#endif  // PARZEN_EXPLANATION_H_
