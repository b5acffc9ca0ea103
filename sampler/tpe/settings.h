// TpeSettings: TpeOptions with every default filled in.

#ifndef PARZEN_SAMPLER_TPE_SETTINGS_H_
#define PARZEN_SAMPLER_TPE_SETTINGS_H_

#include <cstddef>
#include <cstdint>

#include "sampler/tpe/options.h"

namespace parzen::tpe {

// How equal observations are ordered where their neighbours give a kernel its bandwidth.
enum class Ties { kByNumber, kNumpySimd, kNumpyScalar };

struct TpeSettings {
  Reproduce reproduce = Reproduce::kNone;
  Ties ties = Ties::kByNumber;
  int64_t n_startup_trials = 10;
  int32_t n_ei_candidates = 24;
  bool multivariate = true;
  bool group = false;
  bool constant_liar = true;
  bool consider_endpoints = false;
  bool consider_magic_clip = true;
  bool consider_prior = true;  // 2.9.1; Optuna 5.0 takes the argument and ignores it
  double prior_weight = 1;
  // From algorithm version 2 on, without `reproduce`: failed trials are no observations of the split but evidence of their own.
  bool learns_from_failures = false;

  bool is_2_9_1() const { return reproduce == Reproduce::kOptuna291; }
};

TpeSettings ResolveSettings(const TpeOptions& options, size_t objectives, int32_t algorithm_version);

// How many of n finished trials are good: ceil(n / 10), at most 25 with one objective or in 2.9.1 (default_gamma; the product is
// in floating point, as there: 30 trials have 4).
int64_t CountBelow(const TpeSettings& settings, int64_t n, size_t objectives);

}  // namespace parzen::tpe

#endif  // PARZEN_SAMPLER_TPE_SETTINGS_H_
