// What a study is made of, and its text: the JSON object kept as the study's definition (docs/storage.md documents it).
//
// Types are preserved exactly: the int 1, the double 1.0 and the bool true have different texts, doubles have their shortest text
// that reads back bit for bit, and non-finite ones, where they can occur, are the strings "NaN", "Infinity" and "-Infinity" in
// an object: {"double": "Infinity"}, so that a string choice "NaN" remains a string.

#ifndef PARZEN_SERVER_ENGINE_DEFINITION_H_
#define PARZEN_SERVER_ENGINE_DEFINITION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sampler/history.h"
#include "sampler/make_sampler.h"
#include "sampler/pruner/pruner_config.h"
#include "sampler/space/space.h"
#include "sampler/warm_start.h"

namespace parzen::engine {

inline constexpr size_t kMaxObjectives = 16;

// A parameter as a study declares it.
struct DeclaredParameter {
  Parameter parameter;
  // For a parameter added to a space that has trials: the value that those are taken to have had (external form).
  std::optional<Choice> default_value;
  bool operator==(const DeclaredParameter&) const = default;
};

struct StudyDefinition {
  std::vector<Direction> directions = {Direction::kMinimize};
  std::vector<std::string> metric_names;  // none, or one an objective
  SearchSpace space;                      // empty: define-by-run
  // One a parameter of the space; nullopt where it has none.
  std::vector<std::optional<Choice>> defaults;
  SamplerConfig sampler;               // with the seed that is used and the algorithm version that the study keeps
  PrunerConfig pruner;                 // with the algorithm version that the study keeps
  std::optional<int64_t> max_trials;   // >= 1
  std::optional<double> max_duration;  // seconds since the first ask, > 0
  std::vector<double> target;          // none, or one an objective, not NaN
  std::optional<int64_t> patience;     // complete trials without a better one, >= 1
  int32_t max_retries = 3;             // >= 0
  bool allow_repeats = false;
  // What was learned from earlier studies when the study was made; null where nothing was. No part of what Difference compares.
  std::shared_ptr<const WarmStart> warm_start;

  // nullptr for define-by-run.
  const SearchSpace* DeclaredSpace() const { return space.empty() ? nullptr : &space; }
  // No point of the space is handed out twice while another is left.
  bool ForbidsRepeats() const { return !allow_repeats && !RepeatsPoints(sampler) && space.FiniteSize().has_value(); }
};

// Checks and sets the space and its defaults. A refused one is INVALID_ARGUMENT BAD_FIELD "space".
absl::Status SetSpace(std::vector<DeclaredParameter> parameters, StudyDefinition* definition);

// Checks everything but the space: objectives, metric names, sampler, limits.
absl::Status ValidateDefinition(const StudyDefinition& definition);

// What differs between two definitions, in words ("directions: [minimize] there, [maximize] here"); empty where nothing does. The
// sampler's algorithm version is not compared, its seed only where `compare_seed`.
std::string Difference(const StudyDefinition& there, const StudyDefinition& here, bool compare_seed);

std::string DefinitionToJson(const StudyDefinition& definition);
absl::StatusOr<StudyDefinition> DefinitionFromJson(std::string_view json);

std::string DistributionToJson(const Distribution& distribution);
absl::StatusOr<Distribution> DistributionFromJson(std::string_view json);

std::string ChoiceToJson(const Choice& value);
absl::StatusOr<Choice> ChoiceFromJson(std::string_view json);

std::string_view SamplerName(SamplerKind kind);  // "auto", "random", "qmc", "tpe", "gp-ei"

}  // namespace parzen::engine

#endif  // PARZEN_SERVER_ENGINE_DEFINITION_H_
