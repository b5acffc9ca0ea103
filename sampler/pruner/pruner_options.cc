#include "sampler/pruner/pruner_options.h"

#include <type_traits>

namespace parzen {
namespace {

template <typename T>
struct Unwrapped {
  using Type = T;
  static constexpr bool kOptional = false;
};
template <typename T>
struct Unwrapped<std::optional<T>> {
  using Type = T;
  static constexpr bool kOptional = true;
};

// The option that a member of one group of options holds.
template <auto group, auto member>
constexpr PrunerOption Option(std::string_view name) {
  using Held = std::remove_cvref_t<decltype((std::declval<PrunerConfig>().*group).*member)>;
  using T = typename Unwrapped<Held>::Type;
  PrunerOption option;
  option.name = name;
  option.is_number = std::is_same_v<T, double>;
  option.get = [](const PrunerConfig& config) -> std::optional<PrunerOptionValue> {
    const Held& held = (config.*group).*member;
    if constexpr (Unwrapped<Held>::kOptional) {
      return held ? std::optional<PrunerOptionValue>(*held) : std::nullopt;
    } else {
      return held;
    }
  };
  option.set = [](std::optional<PrunerOptionValue> value, PrunerConfig* config) {
    Held& held = (config->*group).*member;
    if (!value) {
      if constexpr (Unwrapped<Held>::kOptional) held.reset();
      return Unwrapped<Held>::kOptional;
    }
    if (const T* same = std::get_if<T>(&*value)) {
      held = *same;
      return true;
    }
    if constexpr (std::is_same_v<T, double>) {
      held = static_cast<double>(std::get<int64_t>(*value));
      return true;
    }
    return false;
  };
  return option;
}

constexpr auto kPercentileGroup = &PrunerConfig::percentile;
constexpr PrunerOption kPercentileOptions[] = {
    Option<kPercentileGroup, &PercentileOptions::percentile>("percentile"),
    Option<kPercentileGroup, &PercentileOptions::n_startup_trials>("n_startup_trials"),
    Option<kPercentileGroup, &PercentileOptions::n_warmup_steps>("n_warmup_steps"),
    Option<kPercentileGroup, &PercentileOptions::interval_steps>("interval_steps"),
    Option<kPercentileGroup, &PercentileOptions::n_min_trials>("n_min_trials"),
};

constexpr auto kHalvingGroup = &PrunerConfig::successive_halving;
constexpr PrunerOption kHalvingOptions[] = {
    Option<kHalvingGroup, &SuccessiveHalvingOptions::min_resource>("min_resource"),
    Option<kHalvingGroup, &SuccessiveHalvingOptions::reduction_factor>("reduction_factor"),
    Option<kHalvingGroup, &SuccessiveHalvingOptions::min_early_stopping_rate>("min_early_stopping_rate"),
    Option<kHalvingGroup, &SuccessiveHalvingOptions::bootstrap_count>("bootstrap_count"),
};

constexpr auto kHyperbandGroup = &PrunerConfig::hyperband;
constexpr PrunerOption kHyperbandOptions[] = {
    Option<kHyperbandGroup, &HyperbandOptions::min_resource>("min_resource"),
    Option<kHyperbandGroup, &HyperbandOptions::max_resource>("max_resource"),
    Option<kHyperbandGroup, &HyperbandOptions::reduction_factor>("reduction_factor"),
    Option<kHyperbandGroup, &HyperbandOptions::bootstrap_count>("bootstrap_count"),
};

constexpr auto kThresholdGroup = &PrunerConfig::threshold;
constexpr PrunerOption kThresholdOptions[] = {
    Option<kThresholdGroup, &ThresholdOptions::lower>("lower"),
    Option<kThresholdGroup, &ThresholdOptions::upper>("upper"),
    Option<kThresholdGroup, &ThresholdOptions::n_warmup_steps>("n_warmup_steps"),
    Option<kThresholdGroup, &ThresholdOptions::interval_steps>("interval_steps"),
};

constexpr PrunerOption kPatientOptions[] = {
    Option<&PrunerConfig::patient, &PatientOptions::patience>("patience"),
    Option<&PrunerConfig::patient, &PatientOptions::min_delta>("min_delta"),
};

constexpr PrunerOption kWilcoxonOptions[] = {
    Option<&PrunerConfig::wilcoxon, &WilcoxonOptions::p_threshold>("p_threshold"),
    Option<&PrunerConfig::wilcoxon, &WilcoxonOptions::n_startup_steps>("n_startup_steps"),
};

}  // namespace

std::span<const PrunerOption> PrunerOptions(PrunerKind kind) {
  switch (kind) {
    case PrunerKind::kNone:
    case PrunerKind::kAuto:
      return {};
    case PrunerKind::kMedian:
      return std::span(kPercentileOptions).subspan(1);
    case PrunerKind::kPercentile:
      return kPercentileOptions;
    case PrunerKind::kSuccessiveHalving:
      return kHalvingOptions;
    case PrunerKind::kHyperband:
      return kHyperbandOptions;
    case PrunerKind::kThreshold:
      return kThresholdOptions;
    case PrunerKind::kPatient:
      return kPatientOptions;
    case PrunerKind::kWilcoxon:
      return kWilcoxonOptions;
  }
  return {};
}

}  // namespace parzen
