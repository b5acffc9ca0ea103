// The options of each kind of pruner by name: what codecs, command lines and stored definitions go by, so that an option is
// spelled out once. What is wrapped by kPatient is no such option: it is a configuration itself.

#ifndef PARZEN_SAMPLER_PRUNER_PRUNER_OPTIONS_H_
#define PARZEN_SAMPLER_PRUNER_PRUNER_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "sampler/pruner/pruner_config.h"

namespace parzen {

using PrunerOptionValue = std::variant<int64_t, double>;

struct PrunerOption {
  std::string_view name;
  bool is_number = false;  // a double; else an int64_t
  // nullopt: unset, which the option allows ("auto", no bound).
  std::optional<PrunerOptionValue> (*get)(const PrunerConfig& config);
  // An int64_t sets a double too; another mismatch, and nullopt where the option always has a value, is ignored with false.
  bool (*set)(std::optional<PrunerOptionValue> value, PrunerConfig* config);
};

// In the order of Optuna's arguments.
std::span<const PrunerOption> PrunerOptions(PrunerKind kind);

}  // namespace parzen

#endif  // PARZEN_SAMPLER_PRUNER_PRUNER_OPTIONS_H_
