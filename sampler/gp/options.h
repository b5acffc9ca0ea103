// What a user may set of the Gaussian-process sampler.

#ifndef PARZEN_SAMPLER_GP_OPTIONS_H_
#define PARZEN_SAMPLER_GP_OPTIONS_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"

namespace parzen {

struct GpOptions {
  std::optional<int64_t> n_startup_trials;  // >= 1; 5 where unset
  bool operator==(const GpOptions&) const = default;
};

// INVALID_ARGUMENT names the option, its value and what is accepted.
absl::Status CheckOptions(const GpOptions& options);

}  // namespace parzen

#endif  // PARZEN_SAMPLER_GP_OPTIONS_H_
