// The short notation of a parameter, for command lines and study files:
//
//   lr=float(1e-5, 1e-1, log)        depth=int(1, 8)               width=int(16, 256, step=16)
//   kernel=categorical(rbf, poly)    gamma=float(0, 1) if kernel in (rbf)
//
//   parameter    = name "=" distribution [ "if" name "in" "(" value { "," value } ")" ]
//   distribution = "float" "(" number "," number { "," ( "log" | "step=" number ) } ")"
//                | "int" "(" whole "," whole { "," ( "log" | "step=" whole ) } ")"
//                | "categorical" "(" value { "," value } ")"
//   value        = null | true | false | whole | number | word | "quoted" | 'quoted'
//
// A word of digits is a whole number, 1.0 and 1e3 are doubles; quotes make anything a text.

#ifndef PARZEN_CLIENTS_CLI_SPACE_NOTATION_H_
#define PARZEN_CLIENTS_CLI_SPACE_NOTATION_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "parzen/space.h"

namespace parzen::cli {

// "NAME=DISTRIBUTION [if ...]".
absl::StatusOr<Parameter> ParseParameter(std::string_view text);
// The part behind the "=", for a parameter of this name.
absl::StatusOr<Parameter> ParseParameter(std::string_view name, std::string_view text);
// `what` names it in errors.
absl::StatusOr<Distribution> ParseDistribution(std::string_view text, std::string_view what);

// An unquoted or quoted value.
absl::StatusOr<Value> ParseValue(std::string_view text);
// As the distribution has it: 1 is a double for a float; a choice is found by its text.
absl::StatusOr<Value> ParseValue(std::string_view text, const Distribution& distribution, std::string_view what);
// A whole text as a number, inf and nan included; nullopt for anything else.
std::optional<double> ParseNumber(std::string_view text);
std::optional<int64_t> ParseWhole(std::string_view text);

std::string ToNotation(const Value& value);
std::string ToNotation(const Distribution& distribution);
std::string ToNotation(const Parameter& parameter);

}  // namespace parzen::cli

#endif  // PARZEN_CLIENTS_CLI_SPACE_NOTATION_H_
