#include "server/engine/definition/definition.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
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

std::string Limit(const std::optional<int64_t>& limit) { return limit ? absl::StrCat(*limit) : "no bound"; }

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

// A study keeps the algorithm version that it was made with.
std::string PrunerDifference(PrunerConfig there, const PrunerConfig& here) {
  there.algorithm_version = here.algorithm_version;
  return there == here ? "" : Both("pruner", DescribePruner(there), DescribePruner(here));
}

std::string SamplerDifference(const SamplerConfig& there, const SamplerConfig& here, bool compare_seed) {
  if (there.kind != here.kind) {
    return Both("sampler", std::string(SamplerName(there.kind)), std::string(SamplerName(here.kind)));
  }
  if (!SameOptions(there, here)) return "sampler: its options differ";
  if (compare_seed && there.seed != here.seed) return Both("seed", absl::StrCat(there.seed), absl::StrCat(here.seed));
  return "";
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
  if (definition.max_retries < 0)
    return error::BadField("max_retries", absl::StrCat("is ", definition.max_retries, "; 0 or more is accepted"));
  if (absl::Status status = ValidatePruner(definition.pruner, objectives); !status.ok())
    return error::AsBadField(status, "pruner");
  return error::AsBadField(MakeSampler(definition.sampler, definition.directions).status(), "sampler");
}

std::string Difference(const StudyDefinition& there, const StudyDefinition& here, bool compare_seed) {
  if (there.directions != here.directions) return Both("directions", Directions(there.directions), Directions(here.directions));
  if (there.metric_names != here.metric_names) return Both("metric_names", Names(there.metric_names), Names(here.metric_names));
  if (std::string text = SpaceDifference(there, here); !text.empty()) return text;
  if (std::string text = SamplerDifference(there.sampler, here.sampler, compare_seed); !text.empty()) return text;
  if (std::string text = PrunerDifference(there.pruner, here.pruner); !text.empty()) return text;
  if (there.max_trials != here.max_trials) return Both("max_trials", Limit(there.max_trials), Limit(here.max_trials));
  if (there.max_retries != here.max_retries) {
    return Both("max_retries", absl::StrCat(there.max_retries), absl::StrCat(here.max_retries));
  }
  if (there.allow_repeats != here.allow_repeats) {
    return Both("allow_repeats", there.allow_repeats ? "true" : "false", here.allow_repeats ? "true" : "false");
  }
  return "";
}

}  // namespace parzen::engine
