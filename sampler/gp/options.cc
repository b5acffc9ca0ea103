#include "sampler/gp/options.h"

#include "absl/strings/str_cat.h"

namespace parzen {

absl::Status CheckOptions(const GpOptions& options) {
  if (!options.n_startup_trials || *options.n_startup_trials >= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("sampler.gp.n_startup_trials is ", *options.n_startup_trials, "; accepted: 1 or more"));
}

}  // namespace parzen
