// PrunerConfig: which rule decides that a running trial is stopped early, and its options.
//
// Names, defaults and limits are those of Optuna 5.0's pruners; an option holds its default where a caller gave none, so two
// configurations that mean the same are equal. Steps and resources are counted in reported steps.

#ifndef PARZEN_SAMPLER_PRUNER_PRUNER_CONFIG_H_
#define PARZEN_SAMPLER_PRUNER_PRUNER_CONFIG_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace parzen {

// Of what kAuto chooses; a study keeps the one that it was made with.
inline constexpr int32_t kNewestPrunerVersion = 2;
inline constexpr int32_t kMedianPrunerVersion = 1;  // Optuna's default

enum class PrunerKind {
  kNone,               // never prunes
  kAuto,               // chosen by the server: extrapolation.h; the median rule for several objectives, and in version 1
  kMedian,             // worse than the median of complete trials at the same step
  kPercentile,         // the same with any percentile
  kSuccessiveHalving,  // ASHA
  kHyperband,          // several ASHA brackets
  kThreshold,          // outside of [lower, upper]
  kPatient,            // no improvement for a while; may ask a wrapped pruner then
  kWilcoxon,           // signed-rank test against the best trial
};

// kMedian (percentile is 50 there) and kPercentile.
struct PercentileOptions {
  double percentile = 50;        // 0..100: the best so many percent go on
  int64_t n_startup_trials = 5;  // >= 0: complete trials before the first decision
  int64_t n_warmup_steps = 0;    // >= 0: no decision before this step
  int64_t interval_steps = 1;    // >= 1: one decision in so many steps, counted from n_warmup_steps
  int64_t n_min_trials = 1;      // >= 1: complete trials with a value at the step that a decision needs
  bool operator==(const PercentileOptions&) const = default;
};

struct SuccessiveHalvingOptions {
  std::optional<int64_t> min_resource;  // >= 1; unset is "auto": a hundredth of the longest complete trial's last step
  int64_t reduction_factor = 4;         // >= 2
  int64_t min_early_stopping_rate = 0;  // >= 0
  int64_t bootstrap_count = 0;          // >= 0; above 0 only with a min_resource
  bool operator==(const SuccessiveHalvingOptions&) const = default;
};

struct HyperbandOptions {
  int64_t min_resource = 1;             // >= 1
  std::optional<int64_t> max_resource;  // >= 1; unset is "auto": the longest complete trial's last step + 1. No trial is pruned
                                        // where it is below min_resource, since there is no bracket then
  int64_t reduction_factor = 3;         // >= 2
  int64_t bootstrap_count = 0;          // >= 0; above 0 only with a max_resource
  bool operator==(const HyperbandOptions&) const = default;
};

// One of the bounds must be given; neither is NaN, and lower <= upper.
struct ThresholdOptions {
  std::optional<double> lower, upper;
  int64_t n_warmup_steps = 0;  // >= 0
  int64_t interval_steps = 1;  // >= 1
  bool operator==(const ThresholdOptions&) const = default;
};

struct WilcoxonOptions {
  double p_threshold = 0.1;     // 0..1
  int64_t n_startup_steps = 2;  // >= 0; below 2 it means 2
  bool operator==(const WilcoxonOptions&) const = default;
};

struct PrunerConfig;

struct PatientOptions {
  std::shared_ptr<const PrunerConfig> wrapped;  // null: decides alone. Not kAuto
  int64_t patience = 0;                         // >= 0: steps without improvement
  double min_delta = 0;                         // >= 0: what counts as no improvement
  bool operator==(const PatientOptions& other) const;
};

// The options of the other kinds hold their defaults and are not read.
struct PrunerConfig {
  PrunerKind kind = PrunerKind::kNone;
  // Of kAuto's choice, which a study keeps. 0 chooses kNone: what a study made before there were pruners has.
  int32_t algorithm_version = kNewestPrunerVersion;
  PercentileOptions percentile;
  SuccessiveHalvingOptions successive_halving;
  HyperbandOptions hyperband;
  ThresholdOptions threshold;
  PatientOptions patient;
  WilcoxonOptions wilcoxon;
  bool operator==(const PrunerConfig&) const = default;
};

// "none", "auto", "median", "percentile", "asha", "hyperband", "threshold", "patient", "wilcoxon".
std::string_view PrunerName(PrunerKind kind);
// The kind with that name; nullopt where there is none.
std::optional<PrunerKind> PrunerKindFromName(std::string_view name);

// How deep PatientOptions::wrapped may nest.
inline constexpr int kMaxWrappedPruners = 8;

// INVALID_ARGUMENT that names the option, its value and what is accepted. Several objectives are refused by the kinds that have
// no rule for them (threshold, patient, wilcoxon).
absl::Status ValidatePruner(const PrunerConfig& config, size_t objectives);

// In words: "hyperband(min_resource=2, reduction_factor=2)". Options that have their default are left out.
std::string DescribePruner(const PrunerConfig& config);

}  // namespace parzen

#endif  // PARZEN_SAMPLER_PRUNER_PRUNER_CONFIG_H_
