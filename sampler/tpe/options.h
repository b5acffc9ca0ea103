// What a user may set of the TPE sampler: the arguments of Optuna's TPESampler, by their names.

#ifndef PARZEN_SAMPLER_TPE_OPTIONS_H_
#define PARZEN_SAMPLER_TPE_OPTIONS_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"

namespace parzen {

enum class Reproduce { kNone, kOptuna291, kOptuna50 };
enum class TieOrder { kDefault, kSimd, kScalar };

// What is unset has the default of the version reproduced (5.0's where none is).
struct TpeOptions {
  Reproduce reproduce = Reproduce::kNone;
  TieOrder tie_order = TieOrder::kDefault;
  std::optional<int64_t> n_startup_trials;  // >= 0, 10
  std::optional<int64_t> n_ei_candidates;   // 1..10,000, 24
  std::optional<bool> multivariate, group, constant_liar, consider_endpoints, consider_magic_clip, consider_prior;
  std::optional<double> prior_weight;  // >= 0, 1.0
  bool operator==(const TpeOptions&) const = default;
};

// Checks each option and what they mean together; INVALID_ARGUMENT names the option, its value and what is accepted.
absl::Status CheckOptions(const TpeOptions& options);

}  // namespace parzen

#endif  // PARZEN_SAMPLER_TPE_OPTIONS_H_
