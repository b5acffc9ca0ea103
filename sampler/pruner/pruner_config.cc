#include "sampler/pruner/pruner_config.h"

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "sampler/pruner/pruner_options.h"

namespace parzen {
namespace {

constexpr std::array<std::pair<PrunerKind, std::string_view>, 9> kNames = {{
    {PrunerKind::kNone, "none"},
    {PrunerKind::kAuto, "auto"},
    {PrunerKind::kMedian, "median"},
    {PrunerKind::kPercentile, "percentile"},
    {PrunerKind::kSuccessiveHalving, "asha"},
    {PrunerKind::kHyperband, "hyperband"},
    {PrunerKind::kThreshold, "threshold"},
    {PrunerKind::kPatient, "patient"},
    {PrunerKind::kWilcoxon, "wilcoxon"},
}};

absl::Status AtLeast(const char* option, int64_t value, int64_t least) {
  if (value >= least) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(option, " must be at least ", least, ", but is ", value));
}

absl::Status Within(const char* option, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();  // NaN is in no range
  return absl::InvalidArgumentError(absl::StrCat(option, " must be between ", low, " and ", high, ", but is ", value));
}

absl::Status Validate(const PercentileOptions& options) {
  PARZEN_RETURN_IF_ERROR(Within("percentile", options.percentile, 0, 100));
  PARZEN_RETURN_IF_ERROR(AtLeast("n_startup_trials", options.n_startup_trials, 0));
  PARZEN_RETURN_IF_ERROR(AtLeast("n_warmup_steps", options.n_warmup_steps, 0));
  PARZEN_RETURN_IF_ERROR(AtLeast("interval_steps", options.interval_steps, 1));
  return AtLeast("n_min_trials", options.n_min_trials, 1);
}

absl::Status Validate(const SuccessiveHalvingOptions& options) {
  PARZEN_RETURN_IF_ERROR(AtLeast("min_resource", options.min_resource.value_or(1), 1));
  PARZEN_RETURN_IF_ERROR(AtLeast("reduction_factor", options.reduction_factor, 2));
  PARZEN_RETURN_IF_ERROR(AtLeast("min_early_stopping_rate", options.min_early_stopping_rate, 0));
  PARZEN_RETURN_IF_ERROR(AtLeast("bootstrap_count", options.bootstrap_count, 0));
  if (options.bootstrap_count > 0 && !options.min_resource) {
    return absl::InvalidArgumentError(absl::StrCat(
        "bootstrap_count above 0 needs a min_resource that is a number, not auto, but is ", options.bootstrap_count));
  }
  return absl::OkStatus();
}

absl::Status Validate(const HyperbandOptions& options) {
  PARZEN_RETURN_IF_ERROR(AtLeast("min_resource", options.min_resource, 1));
  PARZEN_RETURN_IF_ERROR(AtLeast("max_resource", options.max_resource.value_or(1), 1));
  PARZEN_RETURN_IF_ERROR(AtLeast("reduction_factor", options.reduction_factor, 2));
  PARZEN_RETURN_IF_ERROR(AtLeast("bootstrap_count", options.bootstrap_count, 0));
  if (options.bootstrap_count > 0 && !options.max_resource) {
    return absl::InvalidArgumentError(absl::StrCat(
        "bootstrap_count above 0 needs a max_resource that is a number, not auto, but is ", options.bootstrap_count));
  }
  return absl::OkStatus();
}

absl::Status Validate(const ThresholdOptions& options) {
  if (!options.lower && !options.upper) return absl::InvalidArgumentError("lower or upper must be given");
  for (const auto& [option, value] : {std::pair("lower", options.lower), std::pair("upper", options.upper)}) {
    if (value && std::isnan(*value)) return absl::InvalidArgumentError(absl::StrCat(option, " must be a number, but is nan"));
  }
  if (options.lower && options.upper && *options.lower > *options.upper) {
    return absl::InvalidArgumentError(
        absl::StrCat("lower must not exceed upper, but is ", *options.lower, " with upper ", *options.upper));
  }
  PARZEN_RETURN_IF_ERROR(AtLeast("n_warmup_steps", options.n_warmup_steps, 0));
  return AtLeast("interval_steps", options.interval_steps, 1);
}

absl::Status Validate(const WilcoxonOptions& options) {
  PARZEN_RETURN_IF_ERROR(Within("p_threshold", options.p_threshold, 0, 1));
  return AtLeast("n_startup_steps", options.n_startup_steps, 0);
}

absl::Status Validate(const PrunerConfig& config, size_t objectives, int depth);

absl::Status Validate(const PatientOptions& options, size_t objectives, int depth) {
  PARZEN_RETURN_IF_ERROR(AtLeast("patience", options.patience, 0));
  if (!(options.min_delta >= 0)) {
    return absl::InvalidArgumentError(absl::StrCat("min_delta must be at least 0, but is ", options.min_delta));
  }
  if (options.wrapped == nullptr) return absl::OkStatus();
  if (options.wrapped->kind == PrunerKind::kAuto) {
    return absl::InvalidArgumentError("wrapped must be a pruner or none, but is auto");
  }
  if (depth >= kMaxWrappedPruners) {
    return absl::InvalidArgumentError(absl::StrCat("wrapped may nest ", kMaxWrappedPruners, " pruners at most"));
  }
  return Validate(*options.wrapped, objectives, depth + 1);
}

absl::Status Validate(const PrunerConfig& config, size_t objectives, int depth) {
  const bool single =
      config.kind == PrunerKind::kThreshold || config.kind == PrunerKind::kPatient || config.kind == PrunerKind::kWilcoxon;
  if (objectives > 1 && single) {
    return absl::InvalidArgumentError(
        absl::StrCat("kind must be none, auto, median, percentile, asha or hyperband in a study of ", objectives,
                     " objectives, but is ", std::string(PrunerName(config.kind))));
  }
  switch (config.kind) {
    case PrunerKind::kNone:
    case PrunerKind::kAuto:
      return absl::OkStatus();
    case PrunerKind::kMedian:
    case PrunerKind::kPercentile:
      return Validate(config.percentile);
    case PrunerKind::kSuccessiveHalving:
      return Validate(config.successive_halving);
    case PrunerKind::kHyperband:
      return Validate(config.hyperband);
    case PrunerKind::kThreshold:
      return Validate(config.threshold);
    case PrunerKind::kPatient:
      return Validate(config.patient, objectives, depth);
    case PrunerKind::kWilcoxon:
      return Validate(config.wilcoxon);
  }
  return absl::InvalidArgumentError(absl::StrCat("kind ", static_cast<int>(config.kind), " is unknown"));
}

std::string InWords(const std::optional<PrunerOptionValue>& value) {
  if (!value) return "auto";
  return std::visit([](const auto& held) { return absl::StrCat(held); }, *value);
}

}  // namespace

bool PatientOptions::operator==(const PatientOptions& other) const {
  const bool same = wrapped == nullptr || other.wrapped == nullptr ? wrapped == other.wrapped : *wrapped == *other.wrapped;
  return same && patience == other.patience && min_delta == other.min_delta;
}

std::string_view PrunerName(PrunerKind kind) {
  for (const auto& [known, name] : kNames) {
    if (known == kind) return name;
  }
  return "unknown";
}

std::optional<PrunerKind> PrunerKindFromName(std::string_view name) {
  for (const auto& [kind, known] : kNames) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

absl::Status ValidatePruner(const PrunerConfig& config, size_t objectives) { return Validate(config, objectives, 1); }

std::string DescribePruner(const PrunerConfig& config) {
  PrunerConfig standard;
  std::vector<std::string> words;
  if (config.patient.wrapped != nullptr && config.kind == PrunerKind::kPatient)
    words.push_back(DescribePruner(*config.patient.wrapped));
  for (const PrunerOption& option : PrunerOptions(config.kind)) {
    const auto value = option.get(config);
    if (value == option.get(standard)) continue;
    words.push_back(absl::StrCat(std::string(option.name), "=", InWords(value)));
  }
  const std::string name(PrunerName(config.kind));
  return words.empty() ? name : absl::StrCat(name, "(", absl::StrJoin(words, ", "), ")");
}

}  // namespace parzen
