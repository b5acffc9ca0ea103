// One option of a sampler as a name and a value, so that who stores, compares or prints a configuration needs to know no sampler.

#ifndef PARZEN_SAMPLER_OPTION_H_
#define PARZEN_SAMPLER_OPTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"

namespace parzen {

struct SamplerConfig;

// An enumeration's value is its name.
using OptionValue = std::variant<bool, int64_t, double, std::string>;

struct OptionDescriptor {
  std::string_view name;
  // The option's value; nullopt where it is unset.
  std::optional<OptionValue> (*get)(const SamplerConfig& config);
  // INVALID_ARGUMENT where the value is of another type or names no value of the enumeration. A whole number is accepted for a
  // double. Ranges are for MakeSampler to check.
  absl::Status (*set)(const OptionValue& value, SamplerConfig* config);
};

}  // namespace parzen

#endif  // PARZEN_SAMPLER_OPTION_H_
