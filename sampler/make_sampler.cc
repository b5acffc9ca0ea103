#include "sampler/make_sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sampler/auto.h"
#include "sampler/gp/gp_sampler.h"
#include "sampler/qmc.h"
#include "sampler/random.h"
#include "sampler/tpe/tpe_sampler.h"
#include "sampler/warm_start_sampler.h"

namespace parzen {
namespace {

// --- Options ----------------------------------------------------------------------------------------------------------------

// The names of an enumeration's values, in their order; the first is what an unset option is.
constexpr std::array<absl::string_view, 3> NamesOf(Reproduce) { return {"none", "optuna-2.9.1", "optuna-5.0"}; }
constexpr std::array<absl::string_view, 3> NamesOf(TieOrder) { return {"default", "simd", "scalar"}; }

template <typename Enum>
std::optional<OptionValue> GetOption(Enum value) {
  if (value == Enum()) return std::nullopt;
  return OptionValue(std::string(NamesOf(value)[static_cast<size_t>(value)]));
}

template <typename T>
std::optional<OptionValue> GetOption(const std::optional<T>& value) {
  if (!value) return std::nullopt;
  return OptionValue(*value);
}

template <typename Enum>
absl::Status SetOption(const OptionValue& value, Enum* option) {
  const auto names = NamesOf(*option);
  if (const std::string* name = std::get_if<std::string>(&value)) {
    const auto found = std::find(names.begin(), names.end(), *name);
    if (found != names.end()) {
      *option = static_cast<Enum>(found - names.begin());
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("accepted: ", absl::StrJoin(names, ", ")));
}

template <typename T>
absl::Status SetOption(const OptionValue& value, std::optional<T>* option) {
  if (const T* same = std::get_if<T>(&value)) {
    *option = *same;
    return absl::OkStatus();
  }
  if constexpr (std::is_same_v<T, double>) {
    if (const int64_t* whole = std::get_if<int64_t>(&value)) {
      *option = static_cast<double>(*whole);
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(std::is_same_v<T, bool>      ? "accepted: true or false"
                                    : std::is_same_v<T, int64_t> ? "accepted: a whole number"
                                                                 : "accepted: a number");
}

// The option `member` of the options that a config has at `options`.
template <auto options, auto member>
constexpr OptionDescriptor Option(std::string_view name) {
  return {.name = name,
          .get = [](const SamplerConfig& config) { return GetOption((config.*options).*member); },
          .set = [](const OptionValue& value, SamplerConfig* config) { return SetOption(value, &((config->*options).*member)); }};
}

template <auto member>
constexpr OptionDescriptor Tpe(std::string_view name) {
  return Option<&SamplerConfig::tpe, member>(name);
}

constexpr OptionDescriptor kTpeOptions[] = {
    Tpe<&TpeOptions::reproduce>("reproduce"),
    Tpe<&TpeOptions::tie_order>("tie_order"),
    Tpe<&TpeOptions::n_startup_trials>("n_startup_trials"),
    Tpe<&TpeOptions::n_ei_candidates>("n_ei_candidates"),
    Tpe<&TpeOptions::multivariate>("multivariate"),
    Tpe<&TpeOptions::group>("group"),
    Tpe<&TpeOptions::constant_liar>("constant_liar"),
    Tpe<&TpeOptions::consider_endpoints>("consider_endpoints"),
    Tpe<&TpeOptions::consider_magic_clip>("consider_magic_clip"),
    Tpe<&TpeOptions::consider_prior>("consider_prior"),
    Tpe<&TpeOptions::prior_weight>("prior_weight"),
};

constexpr OptionDescriptor kGpOptions[] = {
    Option<&SamplerConfig::gp, &GpOptions::n_startup_trials>("n_startup_trials"),
};

// --- Samplers ---------------------------------------------------------------------------------------------------------------

std::unique_ptr<Sampler> MakeTpe(const SamplerConfig& config, size_t objectives) {
  return std::make_unique<tpe::TpeSampler>(config.tpe, config.seed, objectives, config.algorithm_version);
}

std::unique_ptr<Sampler> MakeGp(const SamplerConfig& config, size_t) {
  return std::make_unique<gp::GpSampler>(config.gp, config.seed, config.algorithm_version);
}

template <typename Plain>
std::unique_ptr<Sampler> MakePlain(const SamplerConfig& config, size_t) {
  return std::make_unique<Plain>(config.seed, config.algorithm_version);
}

// Version n of auto chooses between version n of the Gaussian process and of TPE, versions 3 to 5 with TPE's version 2.
std::unique_ptr<Sampler> MakeAuto(const SamplerConfig& config, size_t objectives) {
  static_assert(AutoSampler::kAlgorithmVersion == gp::GpSampler::kAlgorithmVersion);
  static_assert(AutoSampler::kAlgorithmVersion == 5 && tpe::TpeSampler::kAlgorithmVersion == 2);
  SamplerConfig tpe = config;
  tpe.algorithm_version = std::min(config.algorithm_version, tpe::TpeSampler::kAlgorithmVersion);
  return std::make_unique<AutoSampler>(MakeGp(config, objectives), MakeTpe(tpe, objectives), config.algorithm_version);
}

constexpr SamplerDescriptor kDescriptors[] = {
    {.kind = SamplerKind::kAuto,
     .name = "auto",
     .options_key = {},
     .options = {},
     .newest_version = AutoSampler::kAlgorithmVersion,
     .prepares = true,
     .saves_state = true,
     .explains_programs_from = gp::GpSampler::kInfersSpaces,
     .make = MakeAuto},
    {.kind = SamplerKind::kRandom,
     .name = "random",
     .options_key = {},
     .options = {},
     .newest_version = RandomSampler::kAlgorithmVersion,
     .prepares = false,
     .saves_state = false,
     .explains_programs_from = 0,
     .make = MakePlain<RandomSampler>},
    {.kind = SamplerKind::kQmc,
     .name = "qmc",
     .options_key = {},
     .options = {},
     .newest_version = QmcSampler::kAlgorithmVersion,
     .prepares = false,
     .saves_state = false,
     .explains_programs_from = 0,
     .make = MakePlain<QmcSampler>},
    {.kind = SamplerKind::kTpe,
     .name = "tpe",
     .options_key = "tpe",
     .options = kTpeOptions,
     .newest_version = tpe::TpeSampler::kAlgorithmVersion,
     .prepares = false,
     .saves_state = false,
     .explains_programs_from = 0,
     .make = MakeTpe},
    {.kind = SamplerKind::kGpEi,
     .name = "gp-ei",
     .options_key = "gp",
     .options = kGpOptions,
     .newest_version = gp::GpSampler::kAlgorithmVersion,
     .prepares = true,
     .saves_state = true,
     .explains_programs_from = gp::GpSampler::kInfersSpaces,
     .make = MakeGp},
};

}  // namespace

std::span<const SamplerDescriptor> Samplers() { return kDescriptors; }

const SamplerDescriptor& DescriptorOf(SamplerKind kind) { return kDescriptors[static_cast<size_t>(kind)]; }

const SamplerDescriptor* FindSampler(std::string_view name) {
  const auto found = std::find_if(std::begin(kDescriptors), std::end(kDescriptors),
                                  [&](const SamplerDescriptor& descriptor) { return descriptor.name == name; });
  return found == std::end(kDescriptors) ? nullptr : found;
}

bool SameOptions(const SamplerConfig& a, const SamplerConfig& b) { return a.tpe == b.tpe && a.gp == b.gp; }

bool RepeatsPoints(const SamplerConfig& config) { return config.tpe.reproduce != Reproduce::kNone; }

bool HasSerialStreams(const SamplerConfig& config) { return config.tpe.reproduce != Reproduce::kNone; }

int32_t NewestAlgorithmVersion(SamplerKind kind) { return DescriptorOf(kind).newest_version; }

absl::StatusOr<std::unique_ptr<Sampler>> MakeSampler(const SamplerConfig& config, const std::vector<Direction>& directions,
                                                     std::shared_ptr<const WarmStart> warm_start) {
  if (directions.empty()) return absl::InvalidArgumentError("directions is empty; accepted: one direction an objective");
  if (static_cast<size_t>(config.kind) >= std::size(kDescriptors)) {
    return absl::InvalidArgumentError("sampler.kind is unknown; accepted: auto, random, qmc, tpe, gp-ei");
  }
  const SamplerDescriptor& descriptor = DescriptorOf(config.kind);
  if (config.algorithm_version < 0 || config.algorithm_version > descriptor.newest_version) {
    return absl::UnimplementedError(absl::StrCat("sampler.algorithm_version ", config.algorithm_version,
                                                 "; this version of Parzen knows 1 to ", descriptor.newest_version));
  }
  if (absl::Status status = CheckOptions(config.tpe); !status.ok()) return status;
  if (absl::Status status = CheckOptions(config.gp); !status.ok()) return status;
  SamplerConfig versioned = config;
  if (versioned.algorithm_version == 0) versioned.algorithm_version = descriptor.newest_version;
  std::unique_ptr<Sampler> sampler = descriptor.make(versioned, directions.size());
  if (warm_start == nullptr) return sampler;
  if (warm_start->version < 1 || warm_start->version > WarmStart::kNewestVersion) {
    return absl::UnimplementedError(absl::StrCat("warm start version ", warm_start->version,
                                                 "; this version of Parzen knows 1 to ", WarmStart::kNewestVersion));
  }
  sampler->LearnFrom(warm_start);
  return std::make_unique<WarmStartSampler>(std::move(sampler), std::move(warm_start), versioned.algorithm_version);
}

}  // namespace parzen
