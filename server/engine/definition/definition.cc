#include "server/engine/definition/definition.h"

#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/error/error.h"

namespace parzen::engine {
namespace {

std::string Directions(const std::vector<Direction>& directions) {
  std::string text = "[";
  for (const Direction direction : directions) {
    absl::StrAppend(&text, text.size() > 1 ? ", " : "", direction == Direction::kMinimize ? "minimize" : "maximize");
  }
  return text + "]";
}

std::string Names(const std::vector<std::string>& names) {
  std::string text = "[";
  for (const std::string& name : names) absl::StrAppend(&text, text.size() > 1 ? ", " : "", "\"", name, "\"");
  return text + "]";
}

template <typename T>
std::string Limit(const std::optional<T>& limit) {
  return limit ? absl::StrCat(*limit) : "no bound";
}

std::string Numbers(const std::vector<double>& numbers) {
  std::string text = "[";
  for (const double number : numbers) absl::StrAppend(&text, text.size() > 1 ? ", " : "", number);
  return text + "]";
}

std::string Both(std::string_view field, const std::string& there, const std::string& here) {
  return absl::StrCat(std::string(field), ": ", there, " there, ", here, " here");
}

std::string SpaceDifference(const StudyDefinition& there, const StudyDefinition& here) {
  for (size_t i = 0; i < std::min(there.space.size(), here.space.size()); ++i) {
    const Parameter& a = there.space[i];
    const Parameter& b = here.space[i];
    if (a.name != b.name) return Both(absl::StrCat("space[", i, "].name"), a.name, b.name);
    if (a.distribution != b.distribution) {
      return Both("space parameter \"" + a.name + "\"", ToString(a.distribution), ToString(b.distribution));
    }
    if (a.condition != b.condition) return "space parameter \"" + a.name + "\": its condition differs";
    if (there.defaults[i] != here.defaults[i]) return "space parameter \"" + a.name + "\": its default_value differs";
  }
  if (there.space.size() != here.space.size()) {
    return Both("space", absl::StrCat(there.space.size(), " parameters"), absl::StrCat(here.space.size(), " parameters"));
  }
  return "";
}

std::string SamplerDifference(const SamplerConfig& there, const SamplerConfig& here, bool compare_seed) {
  if (there.kind != here.kind) {
    return Both("sampler", std::string(SamplerName(there.kind)), std::string(SamplerName(here.kind)));
  }
  if (!SameOptions(there, here)) return "sampler: its options differ";
  if (compare_seed && there.seed != here.seed) return Both("seed", absl::StrCat(there.seed), absl::StrCat(here.seed));
  return "";
}

// What auto chooses is no part of the definition. A study from before there were pruners (auto, version 0) is as good as one that
// was told to have none: both match who asks for neither.
std::string PrunerDifference(PrunerConfig there, PrunerConfig here) {
  const bool older = there.kind == PrunerKind::kAuto && there.algorithm_version == 0;
  if (older && (here.kind == PrunerKind::kAuto || here.kind == PrunerKind::kNone)) return "";
  there.algorithm_version = here.algorithm_version;
  if (there == here) return "";
  return Both("pruner", older ? "none" : DescribePruner(there), DescribePruner(here));
}

}  // namespace

absl::Status SetSpace(std::vector<DeclaredParameter> parameters, StudyDefinition* definition) {
  std::vector<Parameter> plain;
  std::vector<std::optional<Choice>> defaults;
  for (DeclaredParameter& declared : parameters) {
    if (declared.default_value) {
      const absl::StatusOr<double> value =
          ToInternal(declared.parameter.name, declared.parameter.distribution, *declared.default_value);
      if (!value.ok()) return error::AsBadField(value.status(), "space.parameters.default_value");
    }
    plain.push_back(std::move(declared.parameter));
    defaults.push_back(std::move(declared.default_value));
  }
  absl::StatusOr<SearchSpace> space = SearchSpace::Create(std::move(plain));
  if (!space.ok()) return error::AsBadField(space.status(), "space");
  definition->space = *std::move(space);
  definition->defaults = std::move(defaults);
  return absl::OkStatus();
}

absl::Status ValidateDefinition(const StudyDefinition& definition) {
  const size_t objectives = definition.directions.size();
  if (objectives < 1 || objectives > kMaxObjectives) {
    return error::BadField("directions", absl::StrCat("has ", objectives, " objectives; 1 to ", kMaxObjectives, " are accepted"));
  }
  if (!definition.metric_names.empty() && definition.metric_names.size() != objectives) {
    return error::BadField("metric_names", absl::StrCat("has ", definition.metric_names.size(), " names for ", objectives,
                                                        " objectives; none, or one an objective, is accepted"));
  }
  std::set<std::string_view> names;
  for (const std::string& name : definition.metric_names) {
    if (name.empty() || name.size() > kMaxNameBytes) return error::BadField("metric_names", "a name has 1 to 256 bytes");
    if (!names.insert(name).second) return error::BadField("metric_names", "\"" + name + "\" is there twice; names must differ");
  }
  if (definition.max_trials && *definition.max_trials < 1) {
    return error::BadField("max_trials",
                           absl::StrCat("is ", *definition.max_trials, "; 1 or more is accepted, unset means no bound"));
  }
  if (definition.max_duration && !(*definition.max_duration > 0)) {
    return error::BadField("max_duration",
                           absl::StrCat("is ", *definition.max_duration, "; seconds above 0 are accepted, unset means no bound"));
  }
  if (!definition.target.empty() && definition.target.size() != objectives) {
    return error::BadField("target", absl::StrCat("has ", definition.target.size(), " values for ", objectives,
                                                  " objectives; none, or one an objective, is accepted"));
  }
  for (const double value : definition.target) {
    if (std::isnan(value)) return error::BadField("target", "is NaN; numbers are accepted");
  }
  if (definition.patience && *definition.patience < 1) {
    return error::BadField("patience",
                           absl::StrCat("is ", *definition.patience, "; 1 or more is accepted, unset means no bound"));
  }
  if (definition.max_retries < 0)
    return error::BadField("max_retries", absl::StrCat("is ", definition.max_retries, "; 0 or more is accepted"));
  PARZEN_RETURN_IF_ERROR(error::AsBadField(ValidatePruner(definition.pruner, objectives), "pruner"));
  return error::AsBadField(MakeSampler(definition.sampler, definition.directions).status(), "sampler");
}

std::string Difference(const StudyDefinition& there, const StudyDefinition& here, bool compare_seed) {
  if (there.directions != here.directions) return Both("directions", Directions(there.directions), Directions(here.directions));
  if (there.metric_names != here.metric_names) return Both("metric_names", Names(there.metric_names), Names(here.metric_names));
  if (std::string text = SpaceDifference(there, here); !text.empty()) return text;
  if (std::string text = SamplerDifference(there.sampler, here.sampler, compare_seed); !text.empty()) return text;
  if (std::string text = PrunerDifference(there.pruner, here.pruner); !text.empty()) return text;
  if (there.max_trials != here.max_trials) return Both("max_trials", Limit(there.max_trials), Limit(here.max_trials));
  if (there.max_duration != here.max_duration) {
    return Both("max_duration", Limit(there.max_duration), Limit(here.max_duration));
  }
  if (there.target != here.target) return Both("target", Numbers(there.target), Numbers(here.target));
  if (there.patience != here.patience) return Both("patience", Limit(there.patience), Limit(here.patience));
  if (there.max_retries != here.max_retries) {
    return Both("max_retries", absl::StrCat(there.max_retries), absl::StrCat(here.max_retries));
  }
  if (there.allow_repeats != here.allow_repeats) {
    return Both("allow_repeats", there.allow_repeats ? "true" : "false", here.allow_repeats ? "true" : "false");
  }
  return "";
}

}  // namespace parzen::engine
