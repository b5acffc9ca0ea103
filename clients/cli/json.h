// The JSON that --json, export and study files use; docs/cli.md describes it. Non-finite doubles are "NaN", "Infinity",
// "-Infinity"; a NaN of other bits than the usual one is "NaN(7ff8000000000001)".

#ifndef PARZEN_CLIENTS_CLI_JSON_H_
#define PARZEN_CLIENTS_CLI_JSON_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "parzen/study.h"

namespace parzen::cli {

using Json = nlohmann::ordered_json;

Json ToJson(double value);
Json ToJson(const Value& value);
// A choice: as the value, but an infinite double is {"float": "Infinity"}, since "Infinity" alone is a text there.
Json ChoiceToJson(const Value& value);
Json ToJson(const Distribution& distribution);
Json ToJson(const SearchSpace& space);
Json ToJson(const Sampler& sampler);
// The definition, as a study file has it, and what the server adds: state, counts, times.
Json ToJson(const StudyInfo& study);
Json ToJson(const FrozenTrial& trial);
// {"lr": 0.1, ...}
Json ToJson(const Params& params);
Json ToJson(const Attributes& attributes);
// As `name`: the values by key; as `name`_text: the texts as received of those that are written in another way there.
void AddAttributes(const std::string& name, const Attributes& attributes, Json* json);

// One line, valid UTF-8 whatever the strings hold.
std::string Dump(const Json& json, int indent = -1);

// The errors name `what`.
absl::StatusOr<double> DoubleFromJson(const Json& json, std::string_view what);
absl::StatusOr<Value> ValueFromJson(const Json& json, std::string_view what);
// A value as the distribution has it: a whole JSON number is a double for a float, "Infinity" is a number where a choice is.
absl::StatusOr<Value> ValueFromJson(const Json& json, const Distribution& distribution, std::string_view what);
absl::StatusOr<Distribution> DistributionFromJson(const Json& json, std::string_view what);
// {"lr": {...} or "float(...)", ...}
absl::StatusOr<SearchSpace> SpaceFromJson(const Json& json);
// What AddAttributes has written.
absl::Status ReadAttributes(const Json& json, const std::string& name, Attributes* attributes);
// One exported trial. `space` gives the params their types; without it each needs its distribution in the line.
absl::StatusOr<FrozenTrial> TrialFromJson(const Json& json, const SearchSpace& space);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_JSON_H_
