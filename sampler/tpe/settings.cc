#include "sampler/tpe/settings.h"

#include <algorithm>
#include <cmath>

namespace parzen::tpe {

TpeSettings ResolveSettings(const TpeOptions& options, size_t objectives, int32_t algorithm_version) {
  const bool old = options.reproduce == Reproduce::kOptuna291;
  TpeSettings settings;
  settings.reproduce = options.reproduce;
  settings.n_startup_trials = options.n_startup_trials.value_or(settings.n_startup_trials);
  settings.n_ei_candidates = static_cast<int32_t>(options.n_ei_candidates.value_or(settings.n_ei_candidates));
  settings.group = options.group.value_or(false);
  settings.multivariate = options.multivariate.value_or(!old && (objectives == 1 || settings.group));
  settings.constant_liar = options.constant_liar.value_or(!old);
  settings.consider_endpoints = options.consider_endpoints.value_or(false);
  settings.consider_magic_clip = options.consider_magic_clip.value_or(true);
  settings.consider_prior = !old || options.consider_prior.value_or(true);
  settings.prior_weight = options.prior_weight.value_or(1);
  settings.learns_from_failures = algorithm_version > 1 && settings.reproduce == Reproduce::kNone;
  if (settings.reproduce != Reproduce::kNone) {
    settings.ties = old || options.tie_order == TieOrder::kScalar ? Ties::kNumpyScalar : Ties::kNumpySimd;
  }
  return settings;
}

int64_t CountBelow(const TpeSettings& settings, int64_t n, size_t objectives) {
  const int64_t tenth = static_cast<int64_t>(std::ceil(0.1 * static_cast<double>(n)));
  return objectives == 1 || settings.is_2_9_1() ? std::min<int64_t>(tenth, 25) : tenth;
}

}  // namespace parzen::tpe
